"""An OIDC issuer for the tests: it publishes keys on loopback, and mints whatever tokens it is asked for.

It shares nothing with the program that takes its tokens: keys and signatures are joserfc's. It says `issuer URL` and ends
with its standard input.

What a test asks of it: POST /mint {header, claims, key, how} answers a token; POST /publish [names] says which keys are
published; POST /answer {how} says how it answers; GET /asked answers how often it was asked for what, and forgets it.
"""

import base64
import hmac
import json
import sys
import threading
import time
import warnings
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

warnings.simplefilter("ignore")


def made(name, alg):
    parameters = {"kid": name, "use": "sig", "alg": alg}
    if alg == "ES256":
        return ECKey.generate_key("P-256", parameters)
    if alg == "EdDSA":
        return OKPKey.generate_key("Ed25519", parameters)
    return RSAKey.generate_key(2048, parameters)


KEYS = {name: made(name, alg) for name, alg in [
    ("rsa", "RS256"), ("rsa-next", "RS256"), ("ec", "ES256"), ("ed", "EdDSA"), ("for-encryption", "RSA-OAEP"),
    ("for-another", "PS256"), ("stranger", "RS256"),
]}
KEYS["short"] = RSAKey.generate_key(1024, {"kid": "short", "use": "sig", "alg": "RS256"})
published = ["rsa", "ec", "ed", "for-encryption", "for-another", "short"]
answering = "well"
asked = Counter()
lock = threading.Lock()


def of_key(name):
    shown = KEYS[name].as_dict(private=False)
    if name == "for-encryption":
        shown["use"] = "enc"
    return shown


def part(value):
    text = value if isinstance(value, str) else json.dumps(value)
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def mint(header, claims, key, how):
    if how == "well":
        return jwt.encode(header, claims, KEYS[key], algorithms=[header["alg"]])
    # Put together by hand: joserfc makes none of these.
    signed = f"{part(header)}.{part(claims)}"
    if how == "unsigned":
        return signed + "."
    if how == "keyed-with-the-public-key":
        signature = hmac.digest(KEYS[key].as_pem(private=False), signed.encode(), "sha256")
    else:
        signature = JWSRegistry.algorithms[how].sign(signed.encode(), KEYS[key])
    return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, value, status=200, headers=()):
        body = json.dumps(value).encode()
        self.send_response(status)
        for name, said in headers:
            self.send_header(name, said)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path == "/asked":
            with lock:
                counted = dict(asked)
                asked.clear()
            return self.answer(counted)
        with lock:
            asked[self.path] += 1
            how, keys = answering, [of_key(name) for name in published]
        issuer = f"http://127.0.0.1:{self.server.server_port}"
        if how == "broken":
            return self.answer({"error": "not now"}, 503)
        if how == "elsewhere":
            return self.answer({}, 302, [("location", issuer + "/hidden" + self.path)])
        if how == "endless":
            return self.answer({"keys": "x" * 1_000_000, "issuer": issuer, "jwks_uri": issuer + "/keys"})
        if self.path.endswith("/.well-known/openid-configuration"):
            said = issuer + "/" if how == "another-name" else issuer
            jwks = "http://keys.example/" if how == "plain-keys" else issuer + "/keys"
            return self.answer({"issuer": said, "jwks_uri": jwks})
        if self.path.endswith("/keys"):
            if how == "slow":
                time.sleep(1)
            return self.answer({"keys": [7, {"kty": "unheard-of", "kid": "odd"}, *keys]})
        return self.answer({}, 404)

    def do_POST(self):
        global published, answering
        asked_for = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path == "/mint":
            return self.answer(mint(**asked_for))
        with lock:
            if self.path == "/publish":
                published = asked_for
            if self.path == "/answer":
                answering = asked_for
        return self.answer({})


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
print(f"issuer http://127.0.0.1:{server.server_port}", flush=True)
sys.stdin.read()
