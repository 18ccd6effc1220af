/** A day of the calendar, 29 February in leap years only; without a year: `--02-29`. */
const BIRTHDAY_PATTERN =
  '^(?:(?!0000)[0-9]{4}|-)-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))$' +
  '|^(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00|-)-02-29$'

export const birthdayText = {
  maxLength: 10,
  pattern: BIRTHDAY_PATTERN,
  'x-problem': 'must be a day of the calendar: YYYY-MM-DD, or --MM-DD without the year',
  examples: ['1956-10-21'],
}
