/** The providers that are configured, and what logs people in with them: loaded only if there are any. */
import type { FastifyInstance } from 'fastify'
import { errors } from '#schemas/errors.ts'
import { cached } from '../../http/cached-responses/cached.ts'
import { type BrowserFlow, createBrowserFlow } from './browser-flow.ts'
import { Circuits } from './circuit.ts'
import { createFetch } from './fetch.ts'
import { createFlows } from './flows.ts'
import { createProofCookie, type ProofCookie } from './proof-cookie.ts'
import { facebook } from './providers/facebook.ts'
import { github } from './providers/github.ts'
import { google } from './providers/google.ts'
import { linkedin } from './providers/linkedin.ts'
import { oidc } from './providers/oidc.ts'
import { createTransactions, type Transactions } from './transactions.ts'
import type { Protocol, Provider } from './types.ts'

export interface Social {
  /** Those configured. */
  providers: readonly Pick<Provider, 'key' | 'name' | 'issuer'>[]
  /** What people call a provider; its key, if it is configured no more. */
  nameOf(key: string): string
  browserFlow: BrowserFlow
  /** Between the provider and the second factor of a user who authenticates again. */
  proofCookie: ProofCookie
  transactions: Transactions
  /** @throws providerNotFound; providerUnavailable */
  protocolOf(key: string): Promise<Protocol>
}

export function createSocial(app: FastifyInstance): Social {
  const { config, keys } = app
  const timeoutMs = config.SOCIAL_TIMEOUT_MS
  const providers = [github, google, linkedin, facebook].flatMap(create => create(config) ?? []).concat(oidc(config))
  const circuits = new Map<string, Circuits>()
  const protocols = new Map(
    providers.map(provider => {
      const own = new Circuits()
      circuits.set(provider.key, own)
      const fetch = createFetch(app.outbound, provider, endpoint => own.of(endpoint), timeoutMs)
      return [provider.key, cached(() => provider.load({ fetch, timeoutMs }), Number.POSITIVE_INFINITY)]
    }),
  )

  const flows = createFlows(keys.derive('social'))
  async function protocolOf(key: string): Promise<Protocol> {
    const load = protocols.get(key)
    if (!load) throw errors.providerNotFound()
    return load()
  }
  const social: Social = {
    // Templates get them: without their secrets.
    providers: providers.map(({ key, name, issuer }) => ({ key, name, issuer })),
    nameOf: key => providers.find(provider => provider.key === key)?.name ?? key,
    browserFlow: createBrowserFlow(app, flows, protocolOf),
    proofCookie: createProofCookie(keys.derive('social'), config.PUBLIC_URL),
    transactions: createTransactions(app, flows, protocolOf),
    protocolOf,
  }
  app.metrics.add({
    type: 'counter',
    name: 'holocron_social_provider_requests_total',
    help: 'Requests to providers of social login. rejected: not sent, because the provider fails or is busy',
    labelNames: ['provider', 'outcome'],
    collect: () =>
      [...circuits].flatMap(([provider, { counts }]) =>
        Object.entries(counts).map(([outcome, value]) => ({ labels: { provider, outcome }, value })),
      ),
  })
  app.metrics.add({
    type: 'gauge',
    name: 'holocron_social_provider_circuit_open',
    help: '1 while no requests are sent to a provider, because it failed repeatedly',
    aggregator: 'max',
    labelNames: ['provider'],
    collect: () => [...circuits].map(([provider, { isOpen }]) => ({ labels: { provider }, value: Number(isOpen) })),
  })
  return social
}
