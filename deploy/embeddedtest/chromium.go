package embeddedtest

import (
	"context"
	"errors"
	"os/exec"

	"github.com/chromedp/chromedp"
)

// ErrNoChromium says that there is no browser on this machine.
var ErrNoChromium = errors.New("NO BROWSER: chromium is not installed, so that nobody has looked at the pages (apt-get install chromium)")

// Chromium opens a tab of the Chromium that is installed, without a window, with its profile in dir. It asks nothing of
// anybody but the pages that it is sent to. Further options win over ours. The tab lives until it is closed.
func Chromium(dir string, options ...chromedp.ExecAllocatorOption) (tab context.Context, shut func(), err error) {
	program, err := exec.LookPath("chromium")
	if err != nil {
		return nil, nil, ErrNoChromium
	}
	ours := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(program), chromedp.UserDataDir(dir), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("disable-dev-shm-usage", true),
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), append(ours, options...)...)
	tab, cancel := chromedp.NewContext(allocator)
	return tab, func() { cancel(); stop() }, nil
}
