/** The members of an application as a form has them, and back. */
import type { NewOAuthClient, OAuthClientUpdate } from '#schemas/oauth-clients.ts'

const TEXTS = ['scope', 'jwks_uri', 'backchannel_logout_uri', 'client_uri', 'policy_uri', 'tos_uri'] as const
const LISTS = ['redirect_uris', 'post_logout_redirect_uris'] as const
const CHOICES = ['application_type', 'token_endpoint_auth_method', 'id_token_signed_response_alg'] as const
const FLAGS = [
  'require_pkce',
  'first_party',
  'dpop_bound_access_tokens',
  'backchannel_logout_session_required',
] as const

type Members = Partial<Record<keyof OAuthClientUpdate, unknown>>

/** Not validated yet: that is left to the schema of the API. What was left empty is null. */
export function membersIn(form: unknown): Members {
  const values = new Map<string, unknown>(Object.entries(form ?? {}))
  const text = (name: string) => String(values.get(name) ?? '').trim()
  return {
    client_name: text('client_name'),
    grant_types: [values.get('grant_types') ?? []].flat(),
    jwks: parsed(text('jwks')),
    ...each(TEXTS, name => text(name) || null),
    ...each(LISTS, name => text(name).split(/\s+/).filter(Boolean)),
    ...each(CHOICES, text),
    ...each(FLAGS, name => values.get(name) === 'on'),
  }
}

/** For a new one: without what was left empty. */
export function newMembersIn(form: unknown): Members {
  return Object.fromEntries(Object.entries(membersIn(form)).filter(([, value]) => value !== null))
}

/** What the form shows. @param members those of an application, or what `membersIn` has made of a form */
export function fieldsOf(members: Members | NewOAuthClient): Record<string, unknown> {
  const { jwks } = members
  return {
    ...members,
    jwks: typeof jwks === 'object' && jwks ? JSON.stringify(jwks, null, 2) : jwks,
    ...each(LISTS, name => [members[name] ?? []].flat().join('\n')),
  }
}

/** What is no JSON is left as it is, and no object. */
function parsed(text: string): unknown {
  try {
    return text ? JSON.parse(text) : null
  } catch {
    return text
  }
}

function each<Name extends string, Value>(names: readonly Name[], read: (name: Name) => Value) {
  return Object.fromEntries(names.map(name => [name, read(name)])) as Record<Name, Value>
}
