/** What a mail says, as HTML and as text, in one language. Both parts are made of the same words, so neither lacks anything. */
import type { FastifyInstance } from 'fastify'
import type { MailTemplate } from '#sql/outbox.ts'
import { DARK_BACKGROUND, lightenedFor } from '../config/contrast.ts'
import type { Translate } from '../languages/index.ts'
import { masked } from './masked.ts'
import { plainText } from './plain-text.ts'
import type { MailContent } from './template.ts'

/** What a mail is about. */
export interface Occasion {
  template: MailTemplate
  language: string
  /** Starts with `PUBLIC_URL`, and carries the token if the template has one. */
  link: string
  /** Of link and code. */
  lifetimeSeconds: number
  /** Empty unless the template has a code. */
  code: string
  /** When it happened (ms since 1970), where that matters. */
  time?: number
  /** The e-mail of the account, which may be another than the recipient. */
  account: string
  /** What only this mail says, as a list; may be empty. */
  details: string
}

export type WriteMail = (occasion: Occasion) => Promise<MailContent>

type App = Pick<FastifyInstance, 'config' | 'languages' | 'templates'>

export function contentWriter({ config, languages, templates }: App): WriteMail {
  const { APP_NAME, APP_URL, APP_LOGO, APP_COLOR } = config
  const accent = { light: APP_COLOR, dark: lightenedFor(DARK_BACKGROUND, APP_COLOR) }

  return async ({ template, language, link, lifetimeSeconds, code, time, account, details }) => {
    const t = languages.translator(language, `mails/${template}`, 'mails/common')
    const values = {
      app: isolated(APP_NAME),
      account: masked(account),
      lifetime: inWords(lifetimeSeconds, language),
      details: translated(details, t),
      time: time === undefined ? '' : timeInWords(time, language),
    }
    const paragraphs = (key: string) => (isMissing(t, key) ? [] : t(key, values).split('\n\n'))
    const words = {
      subject: t('subject', values),
      before: paragraphs('before'),
      action: t('action'),
      code: code && { label: t('code'), value: code },
      linkHint: t('link'),
      after: paragraphs('after'),
      footer: [...(time === undefined ? [] : paragraphs('time')), ...paragraphs('footer')],
    }
    const data = {
      ...words,
      language,
      link,
      brand: { name: APP_NAME, url: APP_URL, logo: APP_LOGO },
      accent,
    }
    return {
      subject: words.subject,
      text: plainText([
        ...words.before,
        `${words.action}:`,
        link,
        ...(words.code ? [`${words.code.label} ${code}`] : []),
        ...words.after,
        `-- \n${words.footer.join('\n')}`,
      ]),
      html: await templates.render(`mails/${template}`, data, 'mails/mail'),
    }
  }
}

/** The translator says the key itself where there is no message. */
function isMissing(t: Translate, key: string): boolean {
  return t(key) === key
}

/** The outbox has details in English; what is no message, such as a name that a provider gave, stays as it is, on one line. */
function translated(details: string, t: Translate): string {
  const translate = (item: string) => (isMissing(t, `details.${item}`) ? item : t(`details.${item}`))
  return details
    .replace(/\s+/g, ' ')
    .split(', ')
    .map(item => isolated(translate(item)))
    .join(', ')
}

/** A name in a right-to-left script must not turn the sentence around. @see https://www.w3.org/International/articles/inline-bidi-markup/ */
function isolated(name: string): string {
  return /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}]/u.test(name)
    ? `\u2068${name}\u2069`
    : name
}

/** Rounded down: nobody should rely on more. */
function inWords(seconds: number, language: string): string {
  const [unit, count] =
    seconds >= 7200 ? ['hour', seconds / 3600] : seconds >= 120 ? ['minute', seconds / 60] : ['second', seconds]
  const format = { style: 'unit', unit, unitDisplay: 'long' } as const
  return new Intl.NumberFormat(language, format).format(Math.floor(count))
}

function timeInWords(time: number, language: string): string {
  const format = { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' } as const
  return `${new Intl.DateTimeFormat(language, format).format(time)} UTC`
}
