import { isWeb, problemOfUri, problemOfUrl } from '../../http/outbound/urls.ts'

const REVERSED_DOMAIN = /^[a-z][a-z0-9-]*(\.[a-z0-9-]+)+:/

/**
 * @returns the problem, for `details` of the error
 * @see https://www.rfc-editor.org/rfc/rfc8252#section-7 @see https://www.rfc-editor.org/rfc/rfc9700#section-2.1
 */
export function problemOfRedirectUri(
  uri: string,
  { native, development }: { native: boolean; development: boolean },
): string | undefined {
  if (isWeb(uri))
    return problemOfUrl(uri, {
      loopback: native || development,
      exception: 'by native applications and in development',
    })
  const problem = problemOfUri(uri)
  if (problem) return problem
  if (!native) return 'must use https; other schemes are for native applications'
  if (!REVERSED_DOMAIN.test(uri))
    return 'must have the reversed domain name of the application as its scheme, such as com.example.app:/callback'
  return undefined
}
