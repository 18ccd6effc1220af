/** The address of an error tracker that speaks Sentry's protocol. @see https://develop.sentry.dev/sdk/foundations/transport/authentication/ */

export interface ErrorTracker {
  /** Where envelopes are posted. */
  url: string
  publicKey: string
}

/**
 * Reads `https://key@host/project`; a path before the project is kept, and so is no old secret after the key.
 * @throws Error that says what is wrong, without the value
 */
export function parseErrorTrackingDsn(text: string): ErrorTracker {
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol)) throw new Error('not a valid URL')
  if (url.username === '') throw new Error('lacks the key before the @')
  const [, path = '', project] = /^(.*)\/(\d+)$/.exec(url.pathname) ?? []
  if (project === undefined) throw new Error('lacks the number of the project at its end')
  return { url: `${url.origin}${path}/api/${project}/envelope/`, publicKey: url.username }
}
