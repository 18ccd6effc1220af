export class AddressNotAllowed extends Error {
  override readonly message = 'the host is not allowed'
}

export class ResponseTooLarge extends Error {
  override readonly message = 'the response is too large'
}
