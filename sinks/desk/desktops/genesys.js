// The page of a contact as an interaction widget of Genesys Cloud, whose address names the call.
import ClientApp from 'purecloud-client-app-sdk'

// open says that the page is there, and returns what lights the widget while something is urgent.
export function open() {
  const app = new ClientApp({gcHostOriginQueryParam: 'gcHostOrigin', gcTargetEnvQueryParam: 'gcTargetEnv'})
  app.lifecycle.bootstrapped()
  let lit = 0
  return urgent => {
    if (urgent === lit) return
    lit = urgent
    app.alerting.setAttentionCount(urgent)
  }
}
