import type { Document } from '../openapi/finish.ts'

/** Operations to try first, in this order. */
const STEPS = ['signup', 'login', 'listFilms', 'generateTokens', 'logout']
const TAG = 'start'

type Path = Document['paths'][string]

const stepOf = ({ operationId }: Path[string]) => STEPS.indexOf(operationId)
const firstStepOf = (path: Path) => Math.max(...Object.values(path).map(stepOf))

/** Puts a tag before all others, with the operations to try first in their order. They keep their tags, and so their places. */
export function withFirstSteps<Described extends Pick<Document, 'paths' | 'tags'>>(document: Described): Described {
  const isStep = ([, path]: [string, Path]) => firstStepOf(path) >= 0
  const paths = Object.entries(document.paths)
  const steps = paths.filter(isStep).toSorted(([, a], [, b]) => firstStepOf(a) - firstStepOf(b))
  const others = paths.filter(entry => !isStep(entry))
  return {
    ...document,
    tags: [{ name: TAG, description: 'What to try first, in this order.' }, ...document.tags],
    paths: Object.fromEntries([...steps.map(([url, path]) => [url, tagged(path)] as const), ...others]),
  }
}

function tagged(path: Path): Path {
  return Object.fromEntries(
    Object.entries(path).map(([method, operation]) => [
      method,
      stepOf(operation) < 0 ? operation : { ...operation, tags: [TAG, ...operation.tags] },
    ]),
  )
}
