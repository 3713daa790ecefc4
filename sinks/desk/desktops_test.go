package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"github.com/attune-health/attune/schemas"
)

// The desktops as a browser meets them: under their own names, with the sandbox that they give to a page that is not
// theirs, and another site than the desk's.
const (
	genesysHost = "apps.mypurecloud.com"
	connectHost = "clinic.my.connect.aws"
	deskHost    = "desk.example.org"
)

// genesysPage is the host of an interaction widget: it fills in the address, and hears what the SDK says.
const genesysPage = `<!doctype html><title>Genesys Cloud</title><iframe id="app" width="420" height="700" sandbox="allow-scripts allow-same-origin allow-forms allow-modals allow-popups"></iframe>
<script>
const heard = []
addEventListener('message', e => { if (e.origin === 'https://desk.example.org') heard.push(e.data) })
const address = new URLSearchParams(location.search).get('app')
document.getElementById('app').src = address.replace('{{pcConversationId}}', 'gc-call').replace('{{gcHostOrigin}}', location.origin).replace('{{gcTargetEnv}}', 'prod')
</script>`

// connectPage is an agent workspace: what it says to an application, and takes from it, is as the SDK has it
// (@amazon-connect/core messaging, @amazon-connect/workspace-types).
const connectPage = `<!doctype html><title>Amazon Connect</title><iframe id="app" width="420" height="700" sandbox="allow-forms allow-popups allow-same-origin allow-scripts"></iframe>
<script>
const q = new URLSearchParams(location.search), heard = [], first = {'leg-2': 'connect-call', 'other-leg': 'next-call'}
let port
addEventListener('message', e => {
  if (e.origin !== 'https://desk.example.org' || e.data.type !== 'connect-app-host-init') return
  port = e.ports[0]
  port.onmessage = m => {
    heard.push(m.data)
    if (m.data.type !== 'request') return
    const answer = {type: 'response', namespace: m.data.namespace, requestId: m.data.requestId}
    if (q.get('denies')) port.postMessage({...answer, isError: true, errorKey: 'forbidden', reason: 'no permission', details: {command: m.data.command}})
    else port.postMessage({...answer, isError: false, data: {initialContactId: first[m.data.data.contactId]}})
  }
  port.postMessage({type: 'acknowledge', connectionId: 'c', status: {initialized: true, startTime: new Date(), providerId: e.data.providerId}, healthCheckInterval: 30000})
  const scope = q.get('scope') === 'idle' ? {type: 'idle'} : {type: 'contact', contactId: 'leg-2'}
  port.postMessage({type: 'appLifecycle', stage: 'create', appInstanceId: 'a', instanceId: 'a', appConfig: {}, config: {}, scope, contactScope: scope, launchedBy: {type: 'starting'}, region: 'us-east-1'})
})
function incoming(contactId) {
  const s = heard.find(m => m.type === 'subscribe' && m.topic.key === 'contact/incoming')
  port.postMessage({type: 'publish', topic: s.topic, data: {contactId}, handlerId: s.handlerId})
}
document.getElementById('app').src = q.get('app')
</script>`

// framed is a desk that desktops frame, and a browser that finds all three under their names.
func framed(t *testing.T, change ...func(*Config)) (r *rig, tab *window) {
	t.Helper()
	hosts := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(map[string]string{genesysHost: genesysPage, connectHost: connectPage}[q.Host]))
	}))
	t.Cleanup(hosts.Close)
	cert, key, _ := selfSigned(t, t.TempDir())
	r = newRig(t, append(change, func(c *Config) {
		c.TLSCert, c.TLSKey = cert, key
		c.Tokens = []string{"desktop " + fmt.Sprintf("%x", sha256.Sum256([]byte("agent"))) + " contact:read+contact:write"}
		c.FrameAncestors = []string{"https://" + genesysHost, "https://" + connectHost}
	})...)
	address, err := url.Parse(r.url)
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(hosts.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	rules := fmt.Sprintf("MAP %s:443 127.0.0.1:%s, MAP %s:443 127.0.0.1:%s, MAP %s:443 127.0.0.1:%s", genesysHost, port, connectHost, port, deskHost, address.Port())
	ctx := browser(t, chromedp.Flag("host-resolver-rules", rules), chromedp.Flag("ignore-certificate-errors", true), chromedp.Flag("site-per-process", true), chromedp.Flag("disable-popup-blocking", true))
	return r, &window{t, ctx}
}

// shown waits until the desk was told that somebody saw a decision.
func (r *rig) shown(decision string) {
	r.Helper()
	await(r, "decision "+decision+" shown", func() bool {
		for _, o := range written[schemas.ActionOutcome](r, schemas.TopicActionOutcomes) {
			if o.DecisionID == decision && o.Outcome == schemas.OutcomeShown {
				return true
			}
		}
		return false
	})
}

// In Genesys Cloud the page has the call from its address, says that it is there, and lights the widget while something
// is urgent.
func TestGenesysFramesThePageThenTheWidgetIsLit(t *testing.T) {
	r, tab := framed(t)
	app := "https://" + deskHost + "/contact?conversationid={{pcConversationId}}&gcHostOrigin={{gcHostOrigin}}&gcTargetEnv={{gcTargetEnv}}&lang=en#token=agent"
	tab.open("https://" + genesysHost + "/?app=" + url.QueryEscape(app))
	tab.until(`heard.some(m => m.action === 'bootstrapped' && m.protocol === 'purecloud-client-apps')`)
	r.decide(decision("gc-1", "gcperson", "gc-call"))
	r.shown("gc-1")
	tab.until(`!heard.some(m => m.action === 'setAttentionCount')`)
	urgent := decision("gc-2", "gcperson", "gc-call")
	urgent.RedFlags = []schemas.RedFlag{{Kind: "emergency", Source: "search"}}
	r.decide(urgent)
	tab.until(`heard.filter(m => m.action === 'setAttentionCount').map(m => m.count).join() === '1'`)
	r.decide(decision("gc-3", "gcperson", "gc-call"))
	tab.until(`heard.filter(m => m.action === 'setAttentionCount').map(m => m.count).join() === '1,0'`)
	tab.picture("in-genesys")
}

// In Amazon Connect the workspace says in whose call the agent is. After a transfer that is another contact of the same
// call, which attune knows by the first; where the workspace does not say which that was, the contact's own id counts.
func TestConnectOpensThePageForAContactThenItShowsTheCall(t *testing.T) {
	for _, c := range []struct{ name, denies, call string }{{"allowed", "", "connect-call"}, {"denied", "&denies=1", "leg-2"}} {
		t.Run(c.name, func(t *testing.T) {
			r, tab := framed(t)
			id := "connect-" + c.name
			r.decide(decision(id, "connectperson", c.call))
			tab.open("https://" + connectHost + "/?app=" + url.QueryEscape("https://"+deskHost+"/contact/amazon-connect#token=agent") + c.denies)
			tab.until(`heard.some(m => m.type === 'appLifecycleHandlerCompleted' && m.stage === 'create')`)
			r.shown(id)
			tab.picture("in-connect")
		})
	}
}

// An application that the agent has open all day shows the call that comes, and then the next; nothing of the first
// stays.
func TestConnectOpensThePageForADayThenItShowsEachCall(t *testing.T) {
	r, tab := framed(t)
	one, two := decision("day-1", "dayperson", "connect-call"), decision("day-2", "otherperson", "next-call")
	one.Brief, two.Brief = "The first call.", "The second call."
	one.RedFlags = []schemas.RedFlag{{Kind: "emergency", Source: "search"}}
	r.decide(one)
	r.decide(two)
	tab.open("https://" + connectHost + "/?scope=idle&app=" + url.QueryEscape("https://"+deskHost+"/contact/amazon-connect?lang=en#token=agent"))
	tab.until(`heard.some(m => m.type === 'subscribe' && m.topic.key === 'contact/incoming')`)
	frame := tab.frame("https://" + deskHost)
	frame.until(`document.getElementById('which').hidden && !document.getElementById('waiting').hidden`)
	tab.run(`incoming('leg-2')`)
	frame.until(`document.getElementById('brief').textContent === 'The first call.'`)
	frame.until(`document.getElementById('alerts').textContent !== ''`)
	r.shown("day-1")
	tab.run(`incoming('other-leg')`)
	frame.until(`document.getElementById('brief').textContent === 'The second call.'`)
	frame.until(`document.getElementById('alerts').textContent === ''`)
	r.shown("day-2")
	// What happens to the first call is no longer the page's.
	late := decision("day-3", "dayperson", "connect-call")
	late.Brief = "Late."
	r.decide(late)
	next := decision("day-4", "otherperson", "next-call")
	next.Brief = "The second call, later."
	r.decide(next)
	frame.until(`document.getElementById('brief').textContent === 'The second call, later.'`)
}

// A site that is not named cannot frame the page.
func TestSiteIsNotNamedThenItCannotFrameThePage(t *testing.T) {
	r, tab := framed(t)
	r.desk.server.policy = policy([]string{"https://somebody.example.org"})
	tab.open("https://" + genesysHost + "/?app=" + url.QueryEscape("https://"+deskHost+"/contact?contact_ref=x&gcHostOrigin=https://"+genesysHost+"&gcTargetEnv=prod#token=agent"))
	// What the browser puts into the frame instead is its own, of no origin.
	tab.until(`(() => { try { document.getElementById('app').contentWindow.document; return false } catch { return true } })()`)
	<-time.After(time.Second)
	tab.until(`heard.length === 0`)
}

// The bundles are those of their sources.
func TestBundlesAreOfTheirSources(t *testing.T) {
	lock, err := os.ReadFile("desktops/package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"amazon-connect", "genesys"} {
		source, err := os.ReadFile("desktops/" + name + ".js")
		if err != nil {
			t.Fatal(err)
		}
		bundle, err := os.ReadFile("static/" + name + ".js")
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(append(lock[:len(lock):len(lock)], source...))
		if first, _, _ := strings.Cut(string(bundle), "\n"); !strings.Contains(first, hex.EncodeToString(sum[:])[:16]) {
			t.Errorf("static/%s.js begins with %q: run make desktops", name, first)
		}
	}
}

// window is a page in the browser, or a frame of one.
type window struct {
	*testing.T
	ctx context.Context
}

func (b *window) open(address string) { b.Helper(); do(b.T, b.ctx, chromedp.Navigate(address)) }

func (b *window) until(expression string) { b.Helper(); until(b.T, b.ctx, expression) }

// comes waits until an expression holds in whatever page there is by then.
func (b *window) comes(expression string) {
	b.Helper()
	await(b, expression, func() bool {
		ok, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](expression))
		return ok && err == nil
	})
}

func (b *window) run(expression string) {
	b.Helper()
	get(b.T, b.ctx, chromedp.Evaluate[any](expression))
}

func (b *window) picture(name string) { b.Helper(); picture(b.T, b.ctx, name) }

// frame is the frame of another site that is in the page.
func (b *window) frame(origin string) *window { b.Helper(); return b.other("iframe", origin) }

// beside is a window that the page, or a frame of it, has opened.
func (b *window) beside(origin string) *window { b.Helper(); return b.other("page", origin) }

func (b *window) other(kind, origin string) *window {
	b.Helper()
	var id target.ID
	await(b, kind+" of "+origin, func() bool {
		all, err := chromedp.Targets(b.ctx)
		if err != nil {
			b.Fatal(err)
		}
		for _, f := range all {
			if f.Type == kind && strings.HasPrefix(f.URL, origin) {
				id = f.TargetID
			}
		}
		return id != ""
	})
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithTargetID(id))
	b.Cleanup(cancel)
	return &window{b.T, ctx}
}
