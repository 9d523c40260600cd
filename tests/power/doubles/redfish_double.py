#!/usr/bin/env python3
"""A double of a BMC's Redfish service, as far as sessions, PowerState and ComputerSystem.Reset go.

Written after what was recorded of two public emulators: sessions answered with 201 or 204, an On
that shows only seconds later, one answered with 204 that does nothing, 501 for what the hardware
can't do. It is itself checked by python3-sushy, a client of others: tests/power/redfish_double_test.py.
"""
import base64
import json
import secrets
import time

import double

ROOT = "/redfish/v1"
SYSTEM = ROOT + "/Systems/1"
TARGET = SYSTEM + "/Actions/ComputerSystem.Reset"
SESSIONS = ROOT + "/SessionService/Sessions"
AFTER = {"On": "On", "ForceOn": "On", "ForceOff": "Off", "GracefulShutdown": "Off", "ForceRestart": "On"}


class Bmc:
    def __init__(self, options):
        self.options = options
        self.state, self.later = options.state, None  # later: (when, state)
        self.drops, self.busy, self.sessions = options.drops, options.busy, {}
        self.logins_refused = 0

    def power_state(self):
        if self.later and time.monotonic() >= self.later[0]:
            self.state, self.later = self.later[1], None
        return self.state

    def reset(self, kind):
        """HTTP status."""
        if kind not in self.options.allowed.split(","):
            return 400
        if self.busy > 0:
            self.busy -= 1
            return 503
        if kind == "Suspend":
            return self.options.suspend_status
        if self.drops > 0:
            self.drops -= 1
            return 204
        button = kind == "PushPowerButton"
        state = ("Off" if self.power_state() == "On" else "On") if button else AFTER.get(kind)
        if state and self.options.on_status < 300 and self.later is None:
            self.later = (time.monotonic() + self.options.late, state)
        return self.options.on_status


class Service(double.Handler):
    def do_GET(self):
        if self.path.rstrip("/") == ROOT:
            return self.say(200, self.root())
        if not self.knows():
            return self.fail(401, "Base.1.0.NoValidSession", "There is no valid session.")
        resources = {SYSTEM: self.system, ROOT + "/Systems": self.systems,
                     SYSTEM + "/ResetActionInfo": self.action_info,
                     ROOT + "/SessionService": self.session_service}
        if self.path not in resources:
            return self.fail(404, "Base.1.0.ResourceMissingAtURI", "No such resource.")
        return self.say(200, resources[self.path]())

    def do_POST(self):
        body = json.loads(self.body() or b"{}")
        if self.path == SESSIONS:
            return self.log_in(body)
        if not self.knows():
            return self.fail(401, "Base.1.0.NoValidSession", "There is no valid session.")
        if self.path != TARGET:
            return self.fail(404, "Base.1.0.ResourceMissingAtURI", "No such resource.")
        status = self.server.bmc.reset(body.get("ResetType"))
        self.server.note(event="reset", kind=body.get("ResetType"), status=status,
                         token="X-Auth-Token" in self.headers)
        if status in (400, 501, 503):
            return self.fail(status, "Base.1.0.GeneralError", f"{body.get('ResetType')} is not possible.")
        return self.say(status, {})

    def do_DELETE(self):
        session = self.path.rpartition("/")[2]
        known = self.server.bmc.sessions.get(session) == self.headers.get("X-Auth-Token", "-")
        self.server.note(event="logout", known=known)
        if not known:
            return self.fail(404, "Base.1.0.ResourceMissingAtURI", "No such session.")
        del self.server.bmc.sessions[session]
        return self.say(204, {})

    def log_in(self, body):
        options = self.server.options
        refused = {"404": 404, "405": 405, "501": 501}.get(options.sessions)
        if refused:
            return self.fail(refused, "Base.1.0.ActionNotSupported", "No sessions here.")
        good = body == {"UserName": options.user, "Password": options.password}
        self.server.note(event="login", good=good)
        if not good:
            return self.fail(401, "Base.1.0.ResourceAtUriUnauthorized", "Wrong user or password.")
        if options.sessions == "full":
            return self.fail(400, "Base.1.0.SessionLimitExceeded", "Too many sessions.")
        session, token = secrets.token_hex(4), secrets.token_hex(16)
        self.server.bmc.sessions[session] = token
        prefix = f"http://bmc.example:{self.server.server_address[1]}" if options.absolute_links else ""
        return self.say(int(options.sessions), {"Id": session, "@odata.id": f"{SESSIONS}/{session}"},
                        [("X-Auth-Token", token), ("Location", f"{prefix}{SESSIONS}/{session}")])

    def knows(self):
        options = self.server.options
        token = self.headers.get("X-Auth-Token")
        if token is not None:
            return token in self.server.bmc.sessions.values()
        basic = base64.b64encode(f"{options.user}:{options.password}".encode()).decode()
        good = self.headers.get("Authorization") == "Basic " + basic
        self.server.note(event="basic", good=good)
        return good

    def root(self):
        return {"@odata.id": ROOT, "Id": "RootService", "Name": "Root", "RedfishVersion": "1.6.0",
                "Systems": {"@odata.id": ROOT + "/Systems"},
                "SessionService": {"@odata.id": ROOT + "/SessionService"},
                "Links": {"Sessions": {"@odata.id": SESSIONS}}}

    def session_service(self):
        return {"@odata.id": ROOT + "/SessionService", "Id": "SessionService", "Name": "Sessions",
                "ServiceEnabled": True, "SessionTimeout": 300, "Sessions": {"@odata.id": SESSIONS}}

    def systems(self):
        return {"@odata.id": ROOT + "/Systems", "Name": "Systems", "Members@odata.count": 1,
                "Members": [{"@odata.id": SYSTEM}]}

    def system(self):
        options = self.server.options
        reset = {"target": TARGET}
        if options.action_info:
            reset["@Redfish.ActionInfo"] = SYSTEM + "/ResetActionInfo"
        elif options.allowed:
            reset["ResetType@Redfish.AllowableValues"] = options.allowed.split(",")
        out = {"@odata.id": SYSTEM, "Id": "1", "Name": "host", "UUID": "0", "Boot": {},
               "Actions": {"#ComputerSystem.Reset": reset} if options.allowed else {}}
        state = self.server.bmc.power_state()
        return out if state == "-" else {**out, "PowerState": state}

    def action_info(self):
        return {"@odata.id": SYSTEM + "/ResetActionInfo", "Id": "ResetActionInfo", "Name": "Reset",
                "Parameters": [{"Name": "ResetType", "Required": True, "DataType": "String",
                                "AllowableValues": self.server.options.allowed.split(",")}]}

    def fail(self, status, code, message):
        self.say(status, {"error": {"code": code, "message": "See @Message.ExtendedInfo.",
                                    "@Message.ExtendedInfo": [{"MessageId": code, "Message": message}]}})

    def say(self, status, value, headers=()):
        self.answer(status, "application/json", json.dumps(value).encode(), headers=headers)


def main():
    parser = double.arguments(__doc__)
    parser.add_argument("--state", default="Off", help="PowerState at first; -: it tells none")
    parser.add_argument("--allowed", default="On,ForceOff,GracefulShutdown,ForceRestart,Nmi,Suspend")
    parser.add_argument("--action-info", action="store_true", help="tell them in an ActionInfo")
    parser.add_argument("--sessions", default="201", choices=["201", "204", "404", "405", "501", "full"])
    parser.add_argument("--absolute-links", action="store_true")
    parser.add_argument("--late", type=float, default=0.0, help="seconds until a new state shows")
    parser.add_argument("--drops", type=int, default=0, help="resets answered with 204, and forgotten")
    parser.add_argument("--busy", type=int, default=0, help="resets answered with 503")
    parser.add_argument("--on-status", type=int, default=204)
    parser.add_argument("--suspend-status", type=int, default=501)
    options = parser.parse_args()
    server = double.Server(Service, options)
    server.bmc = Bmc(options)
    server.serve_until_input_ends()


if __name__ == "__main__":
    main()
