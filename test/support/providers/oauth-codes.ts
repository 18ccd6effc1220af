/** The authorization codes of GitHub's and Facebook's counterparts: short-lived, for one client, redirect URI and verifier, good for once. */
import { createHash, randomBytes } from 'node:crypto'

export interface Authorization {
  clientId: string
  redirectUri: string
  scopes: string[]
  challenge: string | undefined
  /** Whose. */
  user: string
  nonce?: string
}

export class Codes {
  #issued = new Map<string, Authorization>()

  issue(authorization: Authorization): string {
    const code = randomBytes(10).toString('hex')
    this.#issued.set(code, authorization)
    return code
  }

  /** Uses the code up, even if verifier or client turn out to be wrong. */
  redeem(code: string, clientId: string, verifier: string | undefined): Authorization | undefined {
    const authorization = this.#issued.get(code)
    this.#issued.delete(code)
    if (authorization?.clientId !== clientId) return undefined
    const { challenge } = authorization
    if (challenge !== undefined && challenge !== s256(verifier ?? '')) return undefined
    return authorization
  }
}

const s256 = (verifier: string) => createHash('sha256').update(verifier).digest('base64url')
