package decide

// message is a sentence of a brief.
type message uint8

// The sentences, in the order in which they are said where there are several.
const (
	sayFlag message = iota
	sayConflict
	sayDeceased
	sayMinor
	sayProxy
	sayProxyUnclear
	sayProxyNothing
	sayNthCallAbout
	sayManyCalls
	sayCalledBefore
	sayHungUp
	sayLanguageInterpreter
	sayLanguage
	sayInterpreter
	sayClinicianFirst
	sayUnknownCaller
	sayVerify
	sayAppointment
	sayLagging
	sayUnanswered
	sayCallbackOwed
	sayAccountLocked
	sayAbandoned
	sayFormFailed
	sayFormAbandoned
	sayLoginFailed
	sayPaymentFailed
	saySearchEmpty
	sayChatbotFailed
	sayHandoffRefused
	sayVideoFailed
	sayStuck
	sayReadAgain
	sayStepFailed
	sayLooked
	saySearched
	sayCalledMenu
	sayProbably
	sayUnclear
	sayAlso
	sayAlsoNumber
	sayWithdrawn
	sayRefillRequested
	sayResultsPending
	sayReferralPending
	sayFrustrated
	sayAuthenticated
	sayDoNotContact
	sayOptedOut
	sayPrefers
	sayNew
	messages
)

const (
	failedSlots = slotN | slotTimes | slotAgo | slotWhere | slotForm | slotPage
	viewedSlots = slotN | slotTimes | slotAgo | slotWhere | slotPage | slotTopic
)

// messageSpecs names the sentences as wordings do, with the placeholders that are filled.
var messageSpecs = [messages]struct {
	name  string
	slots slotSet
}{
	sayFlag:                {"flag", slotFlag | slotShowed | slotAgo},
	sayConflict:            {"conflict", 0},
	sayDeceased:            {"deceased", slotAgo},
	sayMinor:               {"minor", 0},
	sayProxy:               {"proxy", slotRelation | slotMayKnow},
	sayProxyUnclear:        {"proxy_unclear", slotRelation},
	sayProxyNothing:        {"proxy_nothing", slotRelation},
	sayNthCallAbout:        {"nth_call_about", slotN | slotOrdinal | slotWants},
	sayManyCalls:           {"many_calls", slotWants},
	sayCalledBefore:        {"called_before", slotN | slotTimes | slotAgo | slotWants},
	sayHungUp:              {"hung_up", slotAgo},
	sayLanguageInterpreter: {"language_interpreter", slotLanguage},
	sayLanguage:            {"language", slotLanguage},
	sayInterpreter:         {"interpreter", 0},
	sayClinicianFirst:      {"clinician_first", 0},
	sayUnknownCaller:       {"unknown_caller", 0},
	sayVerify:              {"verify", 0},
	sayAppointment:         {"appointment", slotAhead},
	sayLagging:             {"lagging", slotWhere},
	sayUnanswered:          {"unanswered", slotAgo},
	sayCallbackOwed:        {"callback_owed", slotAgo},
	sayAccountLocked:       {"account_locked", slotAgo},
	sayAbandoned:           {"abandoned", slotAgo | slotSpan},
	sayFormFailed:          {"form_failed", failedSlots},
	sayFormAbandoned:       {"form_abandoned", failedSlots},
	sayLoginFailed:         {"login_failed", failedSlots},
	sayPaymentFailed:       {"payment_failed", failedSlots},
	saySearchEmpty:         {"search_empty", failedSlots},
	sayChatbotFailed:       {"chatbot_failed", failedSlots},
	sayHandoffRefused:      {"handoff_refused", failedSlots},
	sayVideoFailed:         {"video_failed", failedSlots},
	sayStuck:               {"stuck", failedSlots},
	sayReadAgain:           {"read_again", failedSlots},
	sayStepFailed:          {"step_failed", failedSlots},
	sayLooked:              {"looked", viewedSlots},
	saySearched:            {"searched", viewedSlots},
	sayCalledMenu:          {"called_menu", slotTopic | slotWants},
	sayProbably:            {"probably", slotWants | slotPercent},
	sayUnclear:             {"unclear", 0},
	sayAlso:                {"also", slotService},
	sayAlsoNumber:          {"also_number", slotService | slotNumber},
	sayWithdrawn:           {"withdrawn", 0},
	sayRefillRequested:     {"refill_requested", slotAgo},
	sayResultsPending:      {"results_pending", slotAgo},
	sayReferralPending:     {"referral_pending", slotAgo},
	sayFrustrated:          {"frustrated", 0},
	sayAuthenticated:       {"authenticated", 0},
	sayDoNotContact:        {"do_not_contact", 0},
	sayOptedOut:            {"opted_out", 0},
	sayPrefers:             {"prefers", slotPrefers},
	sayNew:                 {"new", slotWhat},
}
