/** What the pages about vaccinations are asked with. */
import { Type } from '@sinclair/typebox'
import { emptyOr, ListQuery } from './hosted-pages.ts'
import { oneOf } from './ref.ts'
import { ApprovalRequest, STATUSES, VaccinationRequest } from './vaccinations.ts'

const { lot, dose: _dose, ...request } = VaccinationRequest.properties

/** As the API has it, every field as text, the empty ones as empty texts. */
export const VaccinationForm = Type.Object(
  { ...request, dose: Type.String({ pattern: '^(?:[1-9]|1[0-9]|20)$' }), lot: emptyOr(lot) },
  { additionalProperties: false },
)

/** Nothing chosen: those that wait for a decision. */
export const VaccinationQueueQuery = Type.Object({
  ...ListQuery.properties,
  status: Type.Optional(oneOf(STATUSES)),
})

export const DecisionForm = Type.Object(
  { decision: ApprovalRequest.properties.decision, reason: emptyOr(ApprovalRequest.properties.reason) },
  { additionalProperties: false },
)
