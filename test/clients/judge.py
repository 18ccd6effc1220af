"""Tries tokens on a snippet that defines verify()."""
import json
import sys

import jwt
from snippet import verify


def judge(token):
    try:
        verify(token)
        return 'accepted'
    except jwt.PyJWTError as error:
        return f'refused: {error}'


print(json.dumps({name: judge(token) for name, token in json.load(sys.stdin).items()}))
