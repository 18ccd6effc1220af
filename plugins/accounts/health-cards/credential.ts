/** What a card says: a minimal FHIR bundle. @see https://spec.smarthealth.cards/#modeling-verifiable-credentials-in-fhir */

export interface Immunization {
  /** A CVX code. */
  vaccine: string
  dose: number
  /** YYYY-MM-DD */
  given_on: string
  centre: string
  lot: string | null
  /** ISO 3166-1 alpha-2 */
  country: string
}

export interface Credential {
  issuer: string
  /** Seconds since 1970. */
  issued: number
  rid: string
  person: { first_name: string; last_name: string }
  immunizations: readonly Immunization[]
  /** Without centre and lot, where they would be too long for a QR code. */
  brief?: boolean
}

/** The claims of the card's JWS. */
export function claimsOf({ issuer, issued, rid, person, immunizations, brief = false }: Credential): object {
  const patient = { resourceType: 'Patient', name: [{ family: person.last_name, given: [person.first_name] }] }
  const resources = [patient, ...immunizations.map(immunization => resourceOf(immunization, brief))]
  return {
    iss: issuer,
    nbf: issued,
    vc: {
      type: ['https://smarthealth.cards#health-card', 'https://smarthealth.cards#immunization'],
      credentialSubject: {
        fhirVersion: '4.0.1',
        fhirBundle: {
          resourceType: 'Bundle',
          type: 'collection',
          entry: resources.map((resource, i) => ({ fullUrl: `resource:${i}`, resource })),
        },
      },
      rid,
    },
  }
}

function resourceOf({ vaccine, dose, given_on, centre, lot, country }: Immunization, brief: boolean): object {
  return {
    resourceType: 'Immunization',
    status: 'completed',
    vaccineCode: { coding: [{ system: 'http://hl7.org/fhir/sid/cvx', code: vaccine }] },
    patient: { reference: 'resource:0' },
    occurrenceDateTime: given_on,
    performer: [{ actor: { display: brief ? country : `${centre}, ${country}` } }],
    ...(lot !== null && !brief && { lotNumber: lot }),
    protocolApplied: [{ doseNumberPositiveInt: dose }],
  }
}
