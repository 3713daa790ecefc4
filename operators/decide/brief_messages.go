package decide

// message is a sentence of a brief.
type message uint8

// The sentences, in the order in which they are said where there are several.
const (
	sayDeceased message = iota
	sayConflict
	sayFlagEmergency
	sayFlagEmergencySearch
	sayFlagUrgent
	sayFlagUrgentSearch
	sayClinicianFirst
	sayMinor
	sayLanguageInterpreter
	sayLanguage
	sayInterpreter
	sayNthCallAbout
	sayNthCall
	sayManyCalls
	sayHungUp
	sayAppointment
	sayLagging
	sayUnknownCaller
	sayCalledMenu
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
	sayProbably
	sayUnclear
	sayUnanswered
	sayCallbackOwed
	sayRefillRequested
	sayResultsPending
	sayReferralPending
	sayAccountLocked
	sayFrustrated
	sayDoNotContact
	sayOptedOut
	sayWithdrawn
	sayNew
	messages
)

const (
	failedSlots = slotN | slotTimes | slotAgo | slotWhere | slotForm | slotPage
	viewedSlots = slotN | slotTimes | slotAgo | slotWhere | slotPage | slotTopic
	flagSlots   = slotAgo | slotWhere | slotPage | slotTopic
)

// messageSpecs names the sentences as wordings do, with the placeholders that are filled.
var messageSpecs = [messages]struct {
	name  string
	slots slotSet
}{
	sayDeceased:            {"deceased", 0},
	sayConflict:            {"conflict", 0},
	sayFlagEmergency:       {"flag_emergency", flagSlots},
	sayFlagEmergencySearch: {"flag_emergency_search", flagSlots},
	sayFlagUrgent:          {"flag_urgent", flagSlots},
	sayFlagUrgentSearch:    {"flag_urgent_search", flagSlots},
	sayClinicianFirst:      {"clinician_first", 0},
	sayMinor:               {"minor", 0},
	sayLanguageInterpreter: {"language_interpreter", slotLanguage},
	sayLanguage:            {"language", slotLanguage},
	sayInterpreter:         {"interpreter", 0},
	sayNthCallAbout:        {"nth_call_about", slotN | slotOrdinal | slotWants},
	sayNthCall:             {"nth_call", slotN | slotOrdinal},
	sayManyCalls:           {"many_calls", 0},
	sayHungUp:              {"hung_up", slotAgo | slotSpan},
	sayAppointment:         {"appointment", slotAhead},
	sayLagging:             {"lagging", slotWhere},
	sayUnknownCaller:       {"unknown_caller", 0},
	sayCalledMenu:          {"called_menu", slotTopic | slotWants},
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
	sayProbably:            {"probably", slotWants | slotPercent},
	sayUnclear:             {"unclear", 0},
	sayUnanswered:          {"unanswered", slotAgo},
	sayCallbackOwed:        {"callback_owed", slotAgo},
	sayRefillRequested:     {"refill_requested", slotAgo},
	sayResultsPending:      {"results_pending", slotAgo},
	sayReferralPending:     {"referral_pending", slotAgo},
	sayAccountLocked:       {"account_locked", slotAgo},
	sayFrustrated:          {"frustrated", 0},
	sayDoNotContact:        {"do_not_contact", 0},
	sayOptedOut:            {"opted_out", 0},
	sayWithdrawn:           {"withdrawn", 0},
	sayNew:                 {"new", slotWhat},
}
