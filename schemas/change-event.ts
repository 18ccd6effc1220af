/** The form of change events. Each resource declares its own: `export const ContactCreatedEvent = changeEvent('contact.created', …)`. */
import { type Static, type TProperties, Type } from '@sinclair/typebox'
import { timestamp, uuid } from './common.ts'
import { UserId } from './users.ts'

const ACTIONS = { created: 'create', updated: 'update', deleted: 'delete' } as const

type EventType = `${string}.${keyof typeof ACTIONS}`

const userIdText = (description: string) => Type.String({ pattern: '^\\d+$', description, examples: ['42'] })

export const changedFields = Type.Array(Type.String(), {
  description: 'The fields that changed, by their names in the API. Fetch their values from there.',
  examples: [['first_name']],
})

/** The id of what changed, in its data. */
export const thingId = (description: string, example?: string) =>
  example === undefined ? uuid(description) : Type.String({ description, examples: [example] })

/**
 * An event in the form of CloudEvents. Its schema is named after its type: `login_method.created` is `LoginMethodCreatedEvent`.
 * @param description when it happens
 * @param data what it says besides the action and the user
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
 */
export function changeEvent<Data extends TProperties>(type: EventType, description: string, data: Data) {
  const action = ACTIONS[type.split('.')[1] as keyof typeof ACTIONS]
  const isPerson = type.startsWith('person.')
  return Type.Object(
    {
      specversion: Type.Literal('1.0', { description: 'The version of CloudEvents.' }),
      id: uuid('Unique identifier of the event: the same when it is delivered again.'),
      source: Type.String({
        format: 'uri',
        description: 'The service: its `PUBLIC_URL`.',
        examples: ['https://holocron.example'],
      }),
      type: Type.Literal(type, { description: 'What happened.' }),
      time: timestamp('When it happened.'),
      subject: Type.String({
        description: isPerson
          ? 'What changed: the id of the user. Events of one subject come in order.'
          : 'What changed: the id of its user, a slash, and its own. Events of one subject come in order.',
        examples: [isPerson ? '42' : `42/${data.id?.examples?.[0]}`],
      }),
      actor: Type.Optional(
        userIdText('The id of the logged-in user who did it. Absent for logins, mailed links and commands.'),
      ),
      data: Type.Object(
        {
          action: Type.Literal(action),
          user_id: { ...UserId, description: 'The user whose it is.' },
          ...data,
        },
        { additionalProperties: false },
      ),
    },
    { $id: nameOf(type), description, additionalProperties: false },
  )
}

function nameOf(type: EventType): string {
  return `${type.replaceAll(/(?:^|[._])([a-z])/g, (_match, letter: string) => letter.toUpperCase())}Event`
}

/** Any of them. */
export type ChangeEvent = Omit<Static<ReturnType<typeof changeEvent>>, 'data'> & {
  data: { action: 'create' | 'update' | 'delete'; user_id: number; id?: string; [detail: string]: unknown }
}
