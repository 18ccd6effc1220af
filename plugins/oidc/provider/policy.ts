import type { FastifyInstance } from 'fastify'
import { interactionPolicy } from 'oidc-provider'
import { secondFactorCheck } from './acr.ts'

const { base, Check, Prompt } = interactionPolicy

/** The library's prompts, preceded by `select_account` for applications that ask for it. */
export function createPolicy(app: FastifyInstance): interactionPolicy.DefaultPolicy {
  const prompts = base()
  prompts.add(new Prompt({ name: 'select_account', requestable: true }), 0)
  const login = prompts.get('login')
  if (!login) throw new Error('oidc-provider has no prompt "login"')
  const { checks } = login
  // The library's checks reject stronger values than the requested one, and ignore `acr_values`: ours replaces them.
  for (const reason of ['essential_acr', 'essential_acrs']) checks.remove(reason)
  checks.add(new Check('acr', 'a second factor is required', 'login_required', secondFactorCheck(app)))
  return prompts
}
