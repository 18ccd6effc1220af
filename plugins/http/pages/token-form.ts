import type { FastifyContextConfig, FastifyRequest } from 'fastify'
import { errors } from '#schemas/errors.ts'
import type { Page } from './context.ts'

/** The link still works. */
const TRANSIENT = ['too-many-requests', 'service-unavailable', 'internal-error']

/** What the form shows of the account that its token belongs to. */
interface Shown {
  /** The language that was chosen for the account. */
  locale: string | null
  [name: string]: unknown
}

export interface TokenForm {
  /** As the link leads to it. @throws what `load` throws */
  page(request: FastifyRequest, token: string): Promise<Page>
  /** `config.errorPage`: the same form, as long as its token is valid. */
  errorPage: NonNullable<FastifyContextConfig['errorPage']>
}

/**
 * The form behind a mailed link.
 * @param topic has the pages `form` and `failed`
 * @param mistyped codes of errors that can be corrected in the form
 * @param load throws tokenInvalid if the link does not work
 */
export function tokenForm(
  topic: string,
  mistyped: readonly string[],
  load: (token: string) => Promise<Shown>,
): TokenForm {
  async function page(request: FastifyRequest, token: string): Promise<Page> {
    const { locale, ...data } = await load(token)
    request.locale = locale
    return { name: `${topic}/form`, data: { ...data, token, here: { query: { token } } } }
  }

  return {
    page,
    async errorPage(code, request) {
      const token = tokenIn(request.body)
      const transient = TRANSIENT.includes(code)
      const form =
        token !== undefined && (transient || mistyped.includes(code))
          ? await page(request, token).catch(undefinedIfInvalid)
          : undefined
      return form ?? (transient ? undefined : { name: `${topic}/failed` })
    },
  }
}

function tokenIn(body: FastifyRequest['body']): string | undefined {
  if (typeof body !== 'object' || body === null || !('token' in body)) return undefined
  return typeof body.token === 'string' ? body.token : undefined
}

function undefinedIfInvalid(error: { code?: string }): undefined {
  if (error.code !== errors.tokenInvalid.code) throw error
}
