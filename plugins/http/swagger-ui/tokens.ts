/** What this needs of Swagger UI. @see https://swagger.io/docs/open-source-tools/swagger-ui/customization/plugin-api/ */
interface System {
  authActions: {
    authorizeWithPersistOption(schemes: Record<string, { name: string; value: string; schema: unknown }>): void
  }
  specSelectors: { specJson(): { getIn(path: string[]): unknown } }
}

interface Tokens {
  token?: string
  /** Of the token endpoint. */
  access_token?: string
  refresh_token?: string
}

type SetResponse = (path: string, method: string, answer: { status: number; body?: Tokens | null }) => unknown

/** The Authorize dialog has got tokens for an e-mail address and a password. */
type AuthorizeOauth2 = (authorized: { auth: { password?: string; clientSecret?: string }; token: Tokens }) => unknown

/**
 * A plugin of Swagger UI: the tokens of a login or a rotation authorize the next requests.
 * It runs in the browser, where it arrives as the text of this function: it must not refer to anything outside.
 */
export function tokens() {
  function use({ authActions, specSelectors }: System, { token, access_token = token, refresh_token }: Tokens): void {
    for (const [name, value] of Object.entries({ accessToken: access_token, refreshToken: refresh_token })) {
      const schema = specSelectors.specJson().getIn(['components', 'securitySchemes', name])
      if (value) authActions.authorizeWithPersistOption({ [name]: { name, value, schema } })
    }
  }

  return {
    statePlugins: {
      spec: {
        wrapActions: {
          setResponse(original: SetResponse, system: System): SetResponse {
            return (path, method, answer) => {
              use(system, (answer.status === 200 && answer.body) || {})
              return original(path, method, answer)
            }
          },
        },
      },
      auth: {
        wrapActions: {
          authorizeOauth2WithPersistOption(original: AuthorizeOauth2, system: System): AuthorizeOauth2 {
            return ({ auth: { password: _password, clientSecret: _clientSecret, ...auth }, token }) => {
              // What is authorized is persisted, in the storage of the browser: not the password.
              original({ auth, token })
              use(system, token)
            }
          },
        },
      },
    },
  }
}
