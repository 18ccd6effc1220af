/** Another service that verifies tokens by clients/verify: what a check costs, and how soon a logout is enforced there. */
import { join } from 'node:path'
import { openDatabase } from '../../sql/connection/database.ts'
import { bearer } from '../harness/account.ts'
import { capture } from '../harness/client.ts'
import { fill, sessionId, userId } from '../harness/fill.ts'
import { register, startFilmsService } from '../harness/films-service.ts'
import { expectStatus, FILMS } from '../harness/peers.ts'
import { cores } from '../harness/processes.ts'
import type { Profile } from '../harness/profiles.ts'
import { httpTarget, type Scenario, type Setup } from '../harness/scenario.ts'
import { startService } from '../harness/service.ts'
import { temporaryFolder } from '../harness/teardown.ts'
import type { Signer } from '../harness/tokens.ts'
import { expect200, print, type Rejection, rejectedBy, startReads, summary } from './logouts.ts'

const CONNECTIONS = 64
const GOALS = { latency: { atMost: 20 }, read: { atMost: 1.3 } }
const VERIFIED = 'verified'
const OPEN = 'no check'

/** A read with a valid token, against the same service without any check. */
export async function verifiedReads(setup: Setup): Promise<Scenario> {
  const { service, account, log } = setup
  const { body, ...response } = await capture(service.url + FILMS, await bearer(service, account))
  expectStatus({ body, ...response }, 200)
  const place = { core: cores.server, log }
  const verified = await startFilmsService(place, body, register(service))
  const open = await startFilmsService(place, body)
  expectStatus(await capture(verified.url + FILMS, {}), 401)
  const target = (name: string, { url, pid }: typeof open) =>
    httpTarget(setup, { name, pid, connections: CONNECTIONS }, async () => ({
      url: url + FILMS,
      method: 'GET',
      headers: await bearer(service, account),
      expect: { status: 200, body },
    }))
  return {
    name: 'another service',
    connections: CONNECTIONS,
    targets: [target(VERIFIED, verified), target(OPEN, open)],
    ratios: [
      {
        title: 'another service: CPU, verified ÷ no check',
        metric: 'cpuPerRequest',
        numerator: VERIFIED,
        denominator: OPEN,
        ...GOALS.read,
      },
    ],
  }
}

/**
 * From a logout's response until another service refuses its token, and, to compare with, until another instance does. The logout is at another instance
 * than the one whose feed is read.
 */
export async function measureOtherService(profile: Profile, signer: Signer, logouts: number) {
  const place = { profile, core: cores.any }
  // The first one migrates.
  const feeding = await startService(place)
  const here = await startService(place)
  const db = await openDatabase(profile.env.DATABASE_URL ?? '')
  await fill(db, logouts).finally(() => db.destroy())
  const log = join(temporaryFolder(), 'films-service.log')
  const other = await startFilmsService({ core: cores.any, log }, '{}', register(feeding))
  const load = startReads([feeding, here, other], signer)
  const rejections: Record<'service' | 'instance', Rejection[]> = { service: [], instance: [] }
  for (let index = 0; index < logouts; index++) {
    const token = signer.access({ sid: sessionId(index), user_id: userId(index) })
    for (const place of [other, feeding]) await expect200(place, 'GET', FILMS, token)
    await expect200(here, 'POST', '/users/v1/logout', token)
    const [service, instance] = await rejectedBy([other, feeding], token)
    if (service) rejections.service.push(service)
    if (instance) rejections.instance.push(instance)
  }
  await load.stop()
  await Promise.all([feeding, here].map(service => service.stop()))
  const [service, instance] = [summary(rejections.service), summary(rejections.instance)]
  console.log(`\n${logouts} logouts at one instance of two, with reads on all:`)
  print('another service, which follows the other instance', service, GOALS.latency)
  print('the other instance', instance)
  return { logouts, ...service, instance }
}
