// The page of a contact as an application of the Amazon Connect agent workspace, which says in whose call the agent is.
import {AmazonConnectApp} from '@amazon-connect/app'
import {ContactClient} from '@amazon-connect/contact'

// A transfer makes another contact of the same call: attune knows the call by the first.
const patience = 2000

// open calls show with the id of each call that the agent gets: the one that the application was opened for, or, where
// it is open all day, whichever comes.
export function open(show) {
  const {provider} = AmazonConnectApp.init({
    onCreate: async ({context}) => {
      if (context.scope?.type === 'contact') return void take(context.scope)
      contacts.onIncoming(take)
      contacts.onConnected(take)
    },
    onDestroy: async () => {},
  })
  const contacts = new ContactClient({provider})
  const take = async ({contactId}) => {
    const late = new Promise(done => setTimeout(done, patience))
    const first = await Promise.race([contacts.getInitialContactId(contactId).catch(() => ''), late])
    show(first || contactId)
  }
}
