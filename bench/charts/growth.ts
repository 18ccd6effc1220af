import { lines } from './lines.ts'

interface Growth {
  results: { operation: string; p50: Record<string, number> }[]
}

export function drawGrowth({ results }: Growth): Record<string, string> {
  const sizes = Object.keys(results[0]?.p50 ?? {}).map(Number)
  const relative = results.map(({ operation, p50 }) => ({
    label: operation,
    points: sizes.map(size => [size, (p50[size] ?? 0) / (p50[sizes[0] ?? 0] ?? 1)] as [number, number]),
  }))
  const max = Math.max(1.5, ...relative.flatMap(({ points }) => points.map(([, y]) => y)))
  const growth = lines(
    'Latency as the tables grow',
    'p50, as a multiple of the p50 with the fewest users',
    {
      title: 'users, each with a session',
      ticks: sizes.map(at => ({ at, label: at.toLocaleString('en') })),
      logarithmic: true,
    },
    { title: 'multiple', ticks: [0, 0.5, 1, Math.ceil(max * 2) / 2].map(at => ({ at, label: String(at) })) },
    relative,
  )
  return { growth }
}
