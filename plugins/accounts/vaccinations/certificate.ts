import type { FastifyInstance } from 'fastify'
import { errors } from '#schemas/errors.ts'
import type { VaccinationCertificate } from '#schemas/vaccination-certificates.ts'
import { transaction } from '#sql/connection/transaction.ts'
import { currentRid } from '#sql/health-cards.ts'
import { lockUser, type User } from '#sql/users.ts'
import { listApprovedVaccinations, type VaccinationRow } from '#sql/vaccinations.ts'
import { nameOf } from './serialize.ts'

/**
 * The user's approved vaccinations as signed cards.
 * @throws certificateNotFound
 */
export async function issueCertificate(
  { db, healthCards }: FastifyInstance,
  userId: User['id'],
): Promise<VaccinationCertificate> {
  // Under the lock: a deletion comes before it, and the dose is not there any more, or after it, and revokes these cards.
  const { approved, rid } = await transaction(db, async tx => {
    await lockUser(tx, userId)
    const approved = await listApprovedVaccinations(tx, userId)
    if (approved.length === 0) throw errors.certificateNotFound()
    return { approved, rid: await currentRid(tx, userId) }
  })
  const { person, vaccinations } = ofOnePerson(approved)
  const issued = Math.floor(Date.now() / 1000)
  const cards = healthCards.issue({ rid, issued, person, immunizations: vaccinations })
  return {
    ...person,
    issuer: healthCards.issuer,
    issued: new Date(issued * 1000).toISOString(),
    cards: cards.map(({ jws, qr, immunizations }) => ({ jws, qr, vaccinations: immunizations.map(certified) })),
  }
}

/**
 * A profile can be changed after an approval: that must not give one person's doses another's name. The person is who the latest approved dose was
 * registered for, and the certificate has the doses of the same national identification number.
 */
function ofOnePerson(approved: VaccinationRow[]) {
  const latest = approved.at(-1)
  if (!latest) throw errors.certificateNotFound()
  const { first_name, last_name, national_id } = latest
  const vaccinations = approved
    .filter(each => each.national_id === national_id)
    .toSorted((a, b) => (a.given_on < b.given_on ? -1 : a.given_on > b.given_on ? 1 : a.dose - b.dose))
  return { person: { first_name, last_name }, vaccinations }
}

function certified({ vaccine, dose, given_on, centre, lot, country }: VaccinationRow) {
  return { vaccine, vaccine_name: nameOf(vaccine), dose, given_on, centre, lot, country }
}
