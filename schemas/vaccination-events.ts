/** Change events of vaccinations. */
import { changedFields, changeEvent, thingId } from './change-event.ts'
import { ref } from './ref.ts'
import { VaccinationStatus } from './vaccinations.ts'

const vaccination = { id: thingId('The dose.') }

export const VaccinationCreatedEvent = changeEvent('vaccination.created', 'A dose was registered.', {
  ...vaccination,
  status: ref(VaccinationStatus),
})
export const VaccinationUpdatedEvent = changeEvent(
  'vaccination.updated',
  'An administrator approved or rejected a dose, or withdrew the approval.',
  { ...vaccination, status: ref(VaccinationStatus), changed: changedFields },
)
export const VaccinationDeletedEvent = changeEvent('vaccination.deleted', 'A dose was deleted.', vaccination)
