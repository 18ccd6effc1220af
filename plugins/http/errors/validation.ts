import type { FastifyError } from 'fastify'
import { type CatalogError, errors, type Thrower } from '#schemas/errors.ts'

interface Problem {
  instancePath: string
  keyword: string
  message?: string
  params: { missingProperty?: string; additionalProperty?: string }
  parentSchema?: {
    'x-error-code'?: string
    'x-problem'?: string
    properties?: Record<string, { 'x-error-code'?: string }>
  }
}

/** An unknown property's name is client input: it is not echoed at any length (characters). */
const FIELD_MAX_LENGTH = 64

const byCode = new Map<string, Thrower>(Object.values(errors).map(entry => [entry.code, entry]))

/** The first problem decides. Its schema may name the code (`x-error-code`) and say what is wrong (`x-problem`); the field goes into the details, the value never does. */
export function translateValidation(error: FastifyError): CatalogError {
  const [problem] = error.validation as unknown as [Problem]
  const { missingProperty, additionalProperty } = problem.params
  const schema = missingProperty ? problem.parentSchema?.properties?.[missingProperty] : problem.parentSchema
  const entry = byCode.get(schema?.['x-error-code'] ?? '') ?? errors.requestInvalid
  // A path parameter that no resource can have: the path is unknown, and no field is at fault.
  if (entry === errors.notFound) return entry()
  const field = [problem.instancePath.slice(1), missingProperty ?? additionalProperty].filter(Boolean).join('/')
  return entry({
    details: {
      in: error.validationContext,
      ...(field && { field: field.slice(0, FIELD_MAX_LENGTH) }),
      problem: problem.parentSchema?.['x-problem'] ?? problem.message ?? problem.keyword,
    },
  })
}
