/** Change events of contacts. */
import { changedFields, changeEvent, thingId } from './change-event.ts'

const contact = { id: thingId('The contact.') }

export const ContactCreatedEvent = changeEvent('contact.created', 'A contact was added or imported.', contact)
export const ContactUpdatedEvent = changeEvent('contact.updated', 'A contact was changed.', {
  ...contact,
  changed: changedFields,
})
export const ContactDeletedEvent = changeEvent('contact.deleted', 'A contact was deleted.', contact)
