/** What this needs of Swagger UI. @see https://swagger.io/docs/open-source-tools/swagger-ui/customization/plugin-api/ */
interface System {
  authActions: {
    authorizeWithPersistOption(schemes: Record<string, { name: string; value: string; schema: unknown }>): void
  }
  specSelectors: { specJson(): { getIn(path: string[]): unknown } }
}

interface Answer {
  status: number
  body?: { token?: string; refresh_token?: string } | null
}

type SetResponse = (path: string, method: string, answer: Answer) => unknown

/**
 * A plugin of Swagger UI: the tokens of a login or a rotation authorize the next requests.
 * It runs in the browser, where it arrives as the text of this function: it must not refer to anything outside.
 */
export function tokens() {
  return {
    statePlugins: {
      spec: {
        wrapActions: {
          setResponse(original: SetResponse, { authActions, specSelectors }: System): SetResponse {
            return (path, method, answer) => {
              const { token, refresh_token } = (answer.status === 200 && answer.body) || {}
              for (const [name, value] of Object.entries({ accessToken: token, refreshToken: refresh_token })) {
                const schema = specSelectors.specJson().getIn(['components', 'securitySchemes', name])
                if (value) authActions.authorizeWithPersistOption({ [name]: { name, value, schema } })
              }
              return original(path, method, answer)
            }
          },
        },
      },
    },
  }
}
