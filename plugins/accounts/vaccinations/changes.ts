import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Transaction } from 'kysely'
import { errors, toNotFound } from '#schemas/errors.ts'
import type { ApprovalRequest, Vaccination, VaccinationRequest } from '#schemas/vaccinations.ts'
import { revokeHealthCards } from '#sql/health-cards.ts'
import type { Tables } from '#sql/tables.ts'
import type { User } from '#sql/users.ts'
import {
  countVaccinations,
  decideVaccination,
  deleteVaccination,
  findSameVaccination,
  findVaccination,
  insertVaccination,
} from '#sql/vaccinations.ts'
import type { Effects } from '../changes.ts'
import { assertGivenOn } from './given-on.ts'
import { serialize } from './serialize.ts'

declare module '#sql/audit-events.ts' {
  interface AuditEventKinds {
    'vaccination-approved': true
    'vaccination-rejected': true
    'vaccination-withdrawn': true
    'vaccination-deleted': true
  }
}

type Caller = Pick<FastifyRequest, 'user' | 'client'>
type Administrator = Pick<FastifyRequest, 'user' | 'client' | 'stepUp'>

export interface VaccinationChanges {
  /** @throws requestInvalid, profileIncomplete, vaccinationAlreadyExists, tooManyVaccinations, tokenInvalid, userNotFound */
  register(vaccination: VaccinationRequest, by: Caller): Promise<Vaccination>
  /** Deletes one of the caller's own. If it was approved, all cards that the caller has are revoked. @throws notFound, tokenInvalid, userNotFound */
  remove(id: string, by: Caller): Promise<void>
  /**
   * An administrator approves or rejects one, once, or withdraws the approval, which revokes all cards of the owner.
   * @throws notFound, vaccinationDecided, vaccinationNotApproved, ownVaccination, requestInvalid, tokenInvalid, reauthenticationRequired
   */
  decide(id: string, decision: ApprovalRequest, by: Administrator): Promise<Vaccination>
}

export function vaccinationChanges({ accounts, config, db, healthCards }: FastifyInstance): VaccinationChanges {
  async function revokeCards(tx: Transaction<Tables>, userId: User['id'], effects: Effects): Promise<void> {
    await revokeHealthCards(tx, userId)
    effects.afterCommit(healthCards.expireRevocations)
  }

  return {
    async register({ lot = null, ...vaccination }, { user: caller, client }) {
      assertGivenOn(vaccination.given_on)
      return accounts.change(
        caller.user_id,
        client,
        async (tx, user) => {
          const dose = { ...vaccination, lot, ...personIn(user), user_id: user.id }
          // Under the owner's lock: of two at once, the later one finds the earlier.
          const same = await findSameVaccination(tx, dose)
          if (same) throw errors.vaccinationAlreadyExists({ details: same })
          if ((await countVaccinations(tx, user.id)) >= config.VACCINATIONS_MAX) throw errors.tooManyVaccinations()
          return serialize(await insertVaccination(tx, dose))
        },
        { caller },
      )
    },
    remove: (id, { user: caller, client }) =>
      accounts.change(
        caller.user_id,
        client,
        async (tx, { id: user_id }, effects) => {
          const vaccination = await findVaccination(tx, { id, user_id })
          if (!(vaccination && (await deleteVaccination(tx, user_id, id)))) throw errors.notFound()
          if (vaccination.status === 'approved') await revokeCards(tx, user_id, effects)
          await effects.auditEvent('vaccination-deleted')
        },
        { caller },
      ),
    async decide(id, { decision: status, reason = null }, { user: caller, client, stepUp }) {
      const vaccination = await findVaccination(db, { id })
      if (!vaccination) throw errors.notFound()
      if (vaccination.user_id === caller.user_id) throw errors.ownVaccination()
      if (status !== 'approved' && reason === null) throw reasonRequired()
      const decided = accounts.change(
        vaccination.user_id,
        client,
        async (tx, { id: user_id }, effects) => {
          const changed = await decideVaccination(tx, vaccination, { status, reason, decided_by: caller.user_id })
          const now = await findVaccination(tx, { id })
          if (!now) throw errors.notFound()
          if (!changed) throw status === 'withdrawn' ? errors.vaccinationNotApproved() : errors.vaccinationDecided()
          if (status === 'withdrawn') await revokeCards(tx, user_id, effects)
          await effects.auditEvent(`vaccination-${status}`)
          await effects.mail(`vaccination-${status}`)
          return serialize(now)
        },
        { caller, stepUp },
      )
      return decided.catch(toNotFound)
    },
  }
}

/** @throws profileIncomplete */
function personIn({ first_name, last_name, national_id }: User) {
  const person = { first_name, last_name, national_id }
  if (first_name && last_name && national_id) return { first_name, last_name, national_id }
  const missing = Object.entries(person).flatMap(([field, value]) => (value ? [] : [field]))
  throw errors.profileIncomplete({ details: { missing } })
}

function reasonRequired() {
  return errors.requestInvalid({
    details: { in: 'body', field: 'reason', problem: 'must be given, unless it is an approval' },
  })
}
