/** The package's entry prints a warning on every Node that is not yet LTS; the class behind it is the same. */
declare module 'oidc-provider/lib/provider.js' {
  export { Provider } from 'oidc-provider'
}
