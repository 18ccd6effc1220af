import { type Static, Type } from '@sinclair/typebox'
import { nullable, timestamp, UNTURNED_LINE, uuid, uuidInPath } from './common.ts'
import { COUNTRIES } from './countries.ts'
import { NextCursor, pageQuery } from './pages.ts'
import { oneOf, ref } from './ref.ts'
import { UserId } from './users.ts'
import { VACCINES } from './vaccines.ts'

const strict = { additionalProperties: false }

/** A line of text with something on it. */
const line = (maxLength: number, description: string, example: string) =>
  Type.String({
    'x-normalize': 'lines',
    'x-visible': true,
    minLength: 1,
    maxLength,
    pattern: UNTURNED_LINE,
    description,
    examples: [example],
  })

/** An enumeration whose first word makes no good example. */
const codeOf = (codes: Iterable<string>, description: string, example: string) =>
  Type.Unsafe<string>({ type: 'string', enum: [...codes], description, examples: [example] })

const dose = {
  vaccine: codeOf(
    VACCINES.keys(),
    'The vaccine, by its CVX code: `GET /vaccinations/v1/vaccines` lists their names.',
    '208',
  ),
  dose: Type.Integer({ minimum: 1, maximum: 20, description: 'Which dose of its series it was.', examples: [1] }),
  given_on: Type.String({
    pattern: '^\\d{4}-\\d\\d-\\d\\d$',
    description: 'The day on which it was given, from 1900 on and not in the future.',
    examples: ['2025-05-25'],
  }),
  centre: line(200, 'Who gave it.', 'Aldera Medical Center'),
  country: codeOf(COUNTRIES, 'Where it was given: ISO 3166-1 alpha-2.', 'NO'),
}
const lot = line(64, 'Lot number, as the vial had it.', 'AL1138')

export const VaccinationRequest = Type.Object(
  { ...dose, lot: Type.Optional(lot) },
  {
    $id: 'VaccinationRequest',
    examples: [
      {
        vaccine: '208',
        dose: 1,
        given_on: '2025-05-25',
        centre: 'Aldera Medical Center',
        lot: 'AL1138',
        country: 'NO',
      },
    ],
    ...strict,
  },
)
export type VaccinationRequest = Static<typeof VaccinationRequest>

export const STATUSES = ['pending', 'approved', 'rejected', 'withdrawn'] as const

const DECISIONS = ['approved', 'rejected', 'withdrawn'] as const

export const VaccinationStatus = oneOf(STATUSES, {
  $id: 'VaccinationStatus',
  description:
    'What an administrator decided: an approved dose is part of the certificate. `withdrawn` is one that was approved by mistake.',
})

export const Vaccination = Type.Object(
  {
    id: uuid('Unique identifier of the vaccination.'),
    user_id: UserId,
    first_name: Type.String({ description: 'As in the profile when it was registered.', examples: ['Leia'] }),
    last_name: Type.String({ description: 'As in the profile when it was registered.', examples: ['Organa'] }),
    national_id: Type.String({ description: 'As in the profile when it was registered.', examples: ['AL-1138'] }),
    vaccine: Type.String({ description: 'CVX code.', examples: ['208'] }),
    vaccine_name: Type.String({ examples: [VACCINES.get('208')] }),
    dose: dose.dose,
    given_on: Type.String({ examples: ['2025-05-25'] }),
    centre: Type.String({ examples: ['Aldera Medical Center'] }),
    lot: nullable(Type.String({ examples: ['AL1138'] })),
    country: Type.String({ examples: ['NO'] }),
    status: ref(VaccinationStatus),
    reason: nullable(Type.String({ examples: ['The lot number is unknown.'] }), {
      description: 'Why, if it was said.',
    }),
    decided_by: nullable(UserId, { description: 'The administrator who decided.' }),
    decided: nullable(timestamp('When it was decided.')),
    created: timestamp('When it was registered.'),
  },
  { $id: 'Vaccination', ...strict },
)
export type Vaccination = Static<typeof Vaccination>

export const Vaccinations = Type.Object(
  { results: Type.Array(ref(Vaccination)), next_cursor: NextCursor },
  { $id: 'Vaccinations', ...strict },
)
export type Vaccinations = Static<typeof Vaccinations>

const dateTime = (description: string) =>
  Type.Optional(
    Type.String({ format: 'date-time', maxLength: 40, description, examples: ['2026-05-25T12:00:00.000Z'] }),
  )

export const VaccinationsQuery = Type.Object(
  {
    ...pageQuery,
    status: Type.Optional(ref(VaccinationStatus)),
    user_id: Type.Optional({ ...UserId, description: 'Only return vaccinations of this user.' }),
    from: dateTime('Only return what was registered from this time on.'),
    to: dateTime('Only return what was registered before this time.'),
  },
  strict,
)
export type VaccinationsQuery = Static<typeof VaccinationsQuery>

export const VaccinationParams = Type.Object({ vaccination_id: uuidInPath("The vaccination's id.") })

export const ApprovalRequest = Type.Object(
  {
    decision: oneOf(DECISIONS, { description: '`withdrawn` takes an approval back. All else is final.' }),
    reason: Type.Optional(
      line(500, 'For the user to read. Only an approval needs none.', 'The lot number is unknown.'),
    ),
  },
  {
    $id: 'ApprovalRequest',
    examples: [{ decision: 'approved' }, { decision: 'rejected', reason: 'The lot number is unknown.' }],
    ...strict,
  },
)
export type ApprovalRequest = Static<typeof ApprovalRequest>

const Vaccine = Type.Object(
  { vaccine: Type.String({ examples: ['208'] }), name: Type.String({ examples: [VACCINES.get('208')] }) },
  strict,
)

export const Vaccines = Type.Object({ results: Type.Array(Vaccine) }, { $id: 'Vaccines', ...strict })
