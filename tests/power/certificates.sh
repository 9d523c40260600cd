#!/bin/sh
# certificates.sh FOLDER: keys and certificates to try TLS with, each NAME.pem, NAME.key, NAME.pin:
# ca, and by it good, expired, elsewhere (another name); and selfsigned.
set -eu
cd "$1"
exec 2>openssl.log
new_key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key"; }
pin() {
  openssl x509 -in "$1.pem" -noout -pubkey | openssl pkey -pubin -outform der |
    openssl dgst -sha256 -binary | openssl base64 | sed 's,^,sha256//,' | tr -d '\n' >"$1.pin"
}
sign() { # sign NAME SAN DAYS
  new_key "$1"
  printf 'subjectAltName=%s\n' "$2" >"$1.ext"
  openssl req -new -key "$1.key" -subj "/CN=bmc" |
    openssl x509 -req -CA ca.pem -CAkey ca.key -set_serial "$$" -days "$3" -extfile "$1.ext" -out "$1.pem"
  pin "$1"
}
new_key ca
openssl req -x509 -new -key ca.key -subj "/CN=Test CA" -days 2 -out ca.pem
pin ca
sign good IP:127.0.0.1 2
sign expired IP:127.0.0.1 -1
sign elsewhere DNS:bmc.example 2
new_key selfsigned
openssl req -x509 -new -key selfsigned.key -subj "/CN=bmc" -addext subjectAltName=IP:127.0.0.1 -days 2 -out selfsigned.pem
pin selfsigned
