/** Errors of vaccinations and their certificate. */
import { entry } from '../error-entry.ts'

declare module '../errors.ts' {
  interface Catalog {
    vaccinationErrors: typeof vaccinationErrors
  }
}

export const vaccinationErrors = {
  profileIncomplete: entry(
    'profile-incomplete',
    409,
    'The profile lacks what a vaccination needs: first name, last name or national identification number.',
    'Ask the user to complete the profile: `missing` in `details` names the fields.',
  ),
  tooManyVaccinations: entry(
    'too-many-vaccinations',
    409,
    'The account has the maximum number of vaccinations.',
    'Delete one that was registered by mistake, or was not approved.',
  ),
  vaccinationAlreadyExists: entry(
    'vaccination-already-exists',
    409,
    'The account has this vaccine on this day already.',
    'Show the one it has: its id is in `details`. If that is wrong, delete it first.',
  ),
  vaccinationDecided: entry(
    'vaccination-decided',
    409,
    'The vaccination was decided before.',
    'Load it again, and show the decision.',
  ),
  vaccinationNotApproved: entry(
    'vaccination-not-approved',
    409,
    'The vaccination is not approved: there is no approval to withdraw.',
    'Load it again, and show its status.',
  ),
  ownVaccination: entry(
    'own-vaccination',
    403,
    'Administrators do not decide about their own vaccinations.',
    'Ask another administrator.',
  ),
  certificateNotFound: entry(
    'certificate-not-found',
    404,
    'None of the vaccinations of the user is approved.',
    'Register a vaccination, or wait until one is approved.',
  ),
}
