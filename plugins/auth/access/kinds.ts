/**
 * Who may call a route:
 * `public`: anyone;
 * `user`: a valid access token, or a browser's session cookie;
 * `owner`: the user whose id is the path's `user_id`, or an administrator;
 * `admin`: an administrator;
 * `application`: an application by itself (client credentials), with the scopes of the route;
 * `refresh`: a valid refresh token.
 */
export type Access = 'public' | 'user' | 'owner' | 'admin' | 'application' | 'refresh'
