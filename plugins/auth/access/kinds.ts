/**
 * Who may call a route:
 * `public`: anyone;
 * `user`: a valid access token, or a browser's session cookie;
 * `owner`: the user whose id is the path's `user_id`, or an administrator;
 * `admin`: an administrator;
 * `refresh`: a valid refresh token.
 */
export type Access = 'public' | 'user' | 'owner' | 'admin' | 'refresh'
