import { Type } from '@sinclair/typebox'
import { timestamp } from './common.ts'

/** Further properties are the parts: `account`, `sessions`, and what features add. */
export const PersonalData = Type.Object(
  { exported: timestamp('When the data was collected.') },
  {
    $id: 'PersonalData',
    description:
      'What is held about the account, by topic: `account`, `second_factors`, `sessions`, `audit_events`, `mails` and others.',
    additionalProperties: true,
    examples: [
      { exported: '2026-05-25T12:00:00.000Z', account: { id: 42, email: 'leia@alderaan.example' }, sessions: [] },
    ],
  },
)
