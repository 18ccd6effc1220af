/** Goals: what the project holds itself to, printed beside each measurement. */

export interface Goal {
  atMost?: number
  atLeast?: number
}

export function isMet({ atMost, atLeast }: Goal, value: number): boolean | null {
  if (atMost !== undefined) return value <= atMost
  if (atLeast !== undefined) return value >= atLeast
  return null
}

/** "goal: at most 1.20, met", or nothing where there is no goal. */
export function describeGoal(goal: Goal, value: number, format = (limit: number) => String(limit)): string {
  const met = isMet(goal, value)
  if (met === null) return ''
  const limit = goal.atMost === undefined ? `at least ${format(goal.atLeast ?? 0)}` : `at most ${format(goal.atMost)}`
  return `goal: ${limit}, ${met ? 'met' : 'MISSED'}`
}
