#!/usr/bin/env python3
"""A double of Intel AMT's WS-Management endpoint (POST /wsman), as far as power goes.

Written after recorded answers of AMT 11.8 (401 with Connection: close and an HTML body; 200 chunked
as application/octet-stream; prefixes a, b, c, g), DSP1027 and DSP0226. It is itself checked by an
independent client: tests/power/amt_double_test.py.
"""
import hashlib
import re
import secrets
import urllib.request
import xml.etree.ElementTree as xml

import double

SOAP = "http://www.w3.org/2003/05/soap-envelope"
WSA = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
WSMAN = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
ENUMERATION = "http://schemas.xmlsoap.org/ws/2004/09/enumeration"
TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
CIM = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/"
SERVICE = CIM + "CIM_PowerManagementService"
SERVICE_OF_HOST = CIM + "CIM_AssociatedPowerManagementService"
SERVICES = CIM + "CIM_ServiceAvailableToElement"
REALM = "Digest:A4070000000000000000000000000000"

FROM_ON = (10, 8, 5, 11, 4, 7, 14, 12)  # as AMT 11.8 lists them
STATES_AFTER = {2: 2, 4: 4, 7: 7, 8: 8, 12: 8, 5: 2, 9: 2, 10: 2, 14: 2, 11: 2}


class Fault(Exception):
    pass


def text(node, path):
    found = node.find(path)
    if found is None or found.text is None:
        raise Fault("no " + path)
    return found.text.strip()


class Firmware:
    """The power of one host."""

    def __init__(self, state, always_return):
        self.state, self.always_return = state, always_return
        self.enumerations = set()

    def change(self, wanted):
        if self.always_return is not None:
            return self.always_return
        if wanted not in (FROM_ON if self.state == 2 else (2,)):
            return 4097
        self.state = STATES_AFTER[wanted]
        return 0

    def describe(self, prefix):
        states = "".join(f"<{prefix}:AvailableRequestedPowerStates>{s}</{prefix}:AvailableRequestedPowerStates>"
                         for s in (FROM_ON if self.state == 2 else (2,)))
        return (f"<{prefix}:CIM_AssociatedPowerManagementService>{states}"
                f"<{prefix}:PowerState>{self.state}</{prefix}:PowerState>"
                f"</{prefix}:CIM_AssociatedPowerManagementService>")


class Endpoint(double.Handler):
    nonces = {}  # nonce: the nonce counts that were used with it

    def do_POST(self):
        body = self.body()
        authorization = self.headers.get("Authorization", "")
        if self.path != "/wsman":
            return self.answer(404, "text/html", b"<html>not found</html>", close=True)
        if not self.knows(authorization):
            self.server.note(event="unauthorized", tried=bool(authorization), size=len(body))
            return self.ask_for_login()
        self.server.note(event="request", body=body.decode("utf-8", "replace"),
                         content_type=self.headers.get("Content-Type"))
        try:
            answer, status = self.serve(xml.fromstring(body)), 200
        except (xml.ParseError, Fault) as error:
            answer, status = self.fault(str(error)), 400
        return self.answer(status, "application/octet-stream", answer.encode(), chunked=True,
                           close=self.server.options.close)

    def ask_for_login(self):
        nonce = secrets.token_urlsafe(16)
        self.nonces[nonce] = set()
        challenge = f'Digest realm="{REALM}", nonce="{nonce}",stale="false",qop="auth"'
        page = b"<html><body>Unauthorized</body></html>".ljust(690)
        self.answer_plainly(401, page, [("WWW-Authenticate", challenge)])

    def answer_plainly(self, status, page, headers):
        """A login comes before any fault."""
        self.send_response(status)
        for name, value in [*headers, ("Content-Type", "text/html"), ("Connection", "close"),
                            ("Content-Length", str(len(page)))]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(page)

    def knows(self, authorization):
        """RFC 7616 with MD5 and qop=auth; each nonce count is good for once."""
        if not authorization.startswith("Digest "):
            return False
        said = urllib.request.parse_keqv_list(
            urllib.request.parse_http_list(authorization[len("Digest "):]))
        used = self.nonces.get(said.get("nonce"))
        if used is None or said.get("nc") in used or said.get("qop") != "auth":
            return False
        if (said.get("realm"), said.get("uri")) != (REALM, self.path) or not said.get("cnonce"):
            return False
        used.add(said["nc"])
        options = self.server.options
        return said.get("username") == options.user and said.get("response") == self.digest(said, options)

    def digest(self, said, options):
        def md5(*parts):
            return hashlib.md5(":".join(parts).encode()).hexdigest()
        return md5(md5(options.user, REALM, options.password), said["nonce"], said["nc"],
                   said["cnonce"], "auth", md5(self.command, said["uri"]))

    def serve(self, envelope):
        if envelope.tag != f"{{{SOAP}}}Envelope":
            raise Fault("not a SOAP 1.2 envelope")
        header, body = envelope.find(f"{{{SOAP}}}Header"), envelope.find(f"{{{SOAP}}}Body")
        if header is None or body is None:
            raise Fault("header or body is missing")
        if text(header, f"{{{WSA}}}To") != "/wsman":
            raise Fault("To is not /wsman")
        text(header, f"{{{WSA}}}ReplyTo/{{{WSA}}}Address")
        action, resource = text(header, f"{{{WSA}}}Action"), text(header, f"{{{WSMAN}}}ResourceURI")
        self.relates_to = text(header, f"{{{WSA}}}MessageID")
        if (action, resource) == (SERVICE + "/RequestPowerStateChange", SERVICE):
            return self.request_power_state_change(body)
        if (action, resource) == (TRANSFER + "/Get", SERVICE_OF_HOST):
            return self.reply(TRANSFER + "/GetResponse", SERVICE_OF_HOST,
                              self.server.firmware.describe("g"))
        if (action, resource) == (ENUMERATION + "/Enumerate", SERVICES):
            return self.enumerate(body)
        if (action, resource) == (ENUMERATION + "/Pull", SERVICES):
            return self.pull(body)
        raise Fault(f"action {action} of {resource} is not supported")

    def request_power_state_change(self, body):
        wanted = body.find(f"{{{SERVICE}}}RequestPowerStateChange_INPUT")
        if wanted is None or [child.tag for child in wanted] != [
                f"{{{SERVICE}}}PowerState", f"{{{SERVICE}}}ManagedElement"]:
            raise Fault("RequestPowerStateChange_INPUT wants PowerState and ManagedElement")
        element = wanted[1]
        parameters = f"{{{WSA}}}ReferenceParameters"
        selectors = {s.get("Name"): s.text
                     for s in element.findall(f"{parameters}/{{{WSMAN}}}SelectorSet/{{{WSMAN}}}Selector")}
        if (text(element, f"{parameters}/{{{WSMAN}}}ResourceURI") != CIM + "CIM_ComputerSystem" or
                selectors != {"CreationClassName": "CIM_ComputerSystem", "Name": "ManagedSystem"}):
            raise Fault("the managed element is not the host")
        state = int(wanted[0].text)
        value = self.server.firmware.change(state)
        self.server.note(event="change", state=state, returned=value)
        return self.reply(SERVICE + "/RequestPowerStateChangeResponse", SERVICE,
                          "<g:RequestPowerStateChange_OUTPUT><g:ReturnValue>"
                          f"{value}</g:ReturnValue></g:RequestPowerStateChange_OUTPUT>")

    def enumerate(self, body):
        if body.find(f"{{{ENUMERATION}}}Enumerate") is None:
            raise Fault("no Enumerate")
        context = secrets.token_hex(8)
        self.server.firmware.enumerations.add(context)
        return self.reply(ENUMERATION + "/EnumerateResponse", ENUMERATION,
                          "<g:EnumerateResponse><g:EnumerationContext>"
                          f"{context}</g:EnumerationContext></g:EnumerateResponse>")

    def pull(self, body):
        context = text(body, f"{{{ENUMERATION}}}Pull/{{{ENUMERATION}}}EnumerationContext")
        if context not in self.server.firmware.enumerations:
            raise Fault("no such enumeration")
        self.server.firmware.enumerations.discard(context)
        return self.reply(ENUMERATION + "/PullResponse", ENUMERATION,
                          f'<g:PullResponse><g:Items xmlns:h="{SERVICE_OF_HOST}">'
                          f'{self.server.firmware.describe("h")}'
                          "</g:Items><g:EndOfSequence></g:EndOfSequence></g:PullResponse>")

    def reply(self, action, namespace, body):
        return self.envelope(action, namespace, getattr(self, "relates_to", "0"), body)

    def envelope(self, action, namespace, relates_to, body):
        return (f'<?xml version="1.0" encoding="UTF-8"?><a:Envelope xmlns:a="{SOAP}" xmlns:b="{WSA}" '
                f'xmlns:c="{WSMAN}" xmlns:g="{namespace}"><a:Header><b:To>{WSA}/role/anonymous</b:To>'
                f"<b:RelatesTo>{relates_to}</b:RelatesTo>"
                f'<b:Action a:mustUnderstand="true">{action}</b:Action>'
                "<b:MessageID>uuid:00000000-8086-8086-8086-000000000001</b:MessageID></a:Header>"
                f"<a:Body>{body}</a:Body></a:Envelope>")

    def fault(self, why):
        why = re.sub(r"[<>&]", " ", why)
        return self.envelope(WSA + "/fault", SOAP, "0",
                             "<a:Fault><a:Code><a:Value>a:Sender</a:Value></a:Code><a:Reason>"
                             f'<a:Text xml:lang="en-US">{why}</a:Text></a:Reason></a:Fault>')


def main():
    parser = double.arguments(__doc__)
    parser.add_argument("--state", type=int, default=8, help="PowerState at first: 2 on, 4 S3, 8 off")
    parser.add_argument("--always-return", type=int, help="this ReturnValue, and nothing changes")
    parser.add_argument("--keep-open", dest="close", action="store_false")
    options = parser.parse_args()
    server = double.Server(Endpoint, options)
    server.firmware = Firmware(options.state, options.always_return)
    server.serve_until_input_ends()


if __name__ == "__main__":
    main()
