import { lines } from './lines.ts'

interface Overload {
  settings: { times: number }
  floods: { name: string; capacity: number; perSecond: number[] }[]
}

const MAX = 1.5

export function drawOverload({ floods, settings }: Overload): Record<string, string> {
  const seconds = Math.max(...floods.map(({ perSecond }) => perSecond.length))
  const overload = lines(
    `Successful responses at ${settings.times} times the capacity`,
    'in each second of the flood, as a share of the capacity measured before',
    { title: 'seconds', ticks: Array.from({ length: seconds }, (_, at) => ({ at: at + 1, label: String(at + 1) })) },
    { title: 'share of capacity', ticks: [0, 0.5, 1, MAX].map(at => ({ at, label: String(at) })) },
    floods.map(({ name, capacity, perSecond }) => ({
      label: name,
      points: perSecond.map((count, second) => [second + 1, Math.min(MAX, count / capacity)] as [number, number]),
    })),
  )
  return { overload }
}
