"""Authlib: prints where its user has to go, reads where that led, and says what it has got."""
import json
import os

import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebKey, JsonWebToken
from authlib.oidc.core import CodeIDToken

issuer, callback = os.environ["ISSUER"], os.environ["CALLBACK"]
nonce, verifier = "n-0S6_WzA2Mj", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

metadata = requests.get(f"{issuer}/.well-known/openid-configuration").json()
session = OAuth2Session(
    os.environ["CLIENT_ID"],
    os.environ["CLIENT_SECRET"],
    scope="openid email offline_access films:read",
    redirect_uri=callback,
    code_challenge_method="S256",
)
url, state = session.create_authorization_url(
    metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce, prompt="consent"
)
print(url, flush=True)

tokens = session.fetch_token(
    metadata["token_endpoint"], authorization_response=input(), code_verifier=verifier, state=state
)
claims = JsonWebToken(["RS256", "ES256"]).decode(
    tokens["id_token"],
    JsonWebKey.import_key_set(requests.get(metadata["jwks_uri"]).json()),
    claims_cls=CodeIDToken,
    claims_options={"iss": {"value": issuer}, "aud": {"value": session.client_id}},
    claims_params={"nonce": nonce, "client_id": session.client_id, "access_token": tokens["access_token"]},
)
claims.validate()

films = session.get(f"{issuer}/films/v1/").json()["count"]
session.refresh_token(metadata["token_endpoint"])
refreshed = session.get(f"{issuer}/films/v1/").json()["count"]
email = session.get(metadata["userinfo_endpoint"]).json()["email"]
session.revoke_token(metadata["revocation_endpoint"], session.token["refresh_token"], "refresh_token")
revoked = session.get(f"{issuer}/films/v1/").status_code
print(json.dumps({"email": email, "films": films, "refreshed": refreshed, "revoked": revoked}))
