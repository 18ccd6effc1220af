/** Who a provider says somebody is. The identity is (issuer, subject), never the e-mail. */
export interface ProviderIdentity {
  /** The provider's key, as in `/social/v1/{provider}`. */
  provider: string
  issuer: string
  subject: string
  /** Null if the provider named none. */
  email: string | null
  /** The provider verified it, and has authority over it: only then may it link to an account. */
  emailVerified: boolean
  name: string | null
}
