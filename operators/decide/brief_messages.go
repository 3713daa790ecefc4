package decide

// message is a sentence of a brief.
// Wordings know it by its name in messageSpecs, so that a number may change.
type message uint8

// The sentences, in the order in which they are said where there are several.
const (
	// sayFlag tells of a sign of danger, and of what showed it.
	sayFlag message = iota
	// sayConflict tells that it is uncertain who calls. No history follows it.
	sayConflict
	// sayDeceased tells that the patient has died. No history follows it.
	sayDeceased
	// sayMinor tells that the patient is under age.
	sayMinor
	// sayProxy tells who calls for the patient and what they may be told.
	sayProxy
	// sayProxyUnclear is for a caller of whom the record does not say what they may be told.
	sayProxyUnclear
	// sayProxyNothing is for a caller who may be told nothing.
	sayProxyNothing
	// sayNthCallAbout tells of a repeat where the reason of this contact is sure.
	sayNthCallAbout
	// sayManyCalls is said instead where the wording has no ordinal for so many.
	sayManyCalls
	// sayCalledBefore tells of earlier contacts where this one may be about something else.
	sayCalledBefore
	// sayHungUp tells that the caller has waited before and given up.
	sayHungUp
	// sayLanguageInterpreter names the language, and says that the record asks for an interpreter.
	sayLanguageInterpreter
	// sayLanguage names a language that the agents do not speak.
	sayLanguage
	// sayInterpreter is for a record that asks for one and names no language.
	sayInterpreter
	// sayClinicianFirst keeps an agent from telling a critical result. It never says which.
	sayClinicianFirst
	// sayUnknownCaller tells that the number says nothing of who calls.
	sayUnknownCaller
	// sayActsForOthers tells that the caller may act for somebody, whom it does not name.
	sayActsForOthers
	// sayVerify asks to verify the caller, where that is more than the routine.
	sayVerify
	// sayAppointment tells of an appointment within a day.
	sayAppointment
	// sayLagging warns that what was done on one channel may be missing.
	sayLagging
	// sayLaggingAll warns of several channels at once.
	sayLaggingAll
	// sayUnanswered, sayCallbackOwed and sayAccountLocked tell what is owed to the patient, whatever the
	// contact is about.
	sayUnanswered
	sayCallbackOwed
	sayAccountLocked
	// sayAbandoned tells outside a contact that a call was hung up in the queue.
	sayAbandoned
	// The next ones tell what failed online, each by its kind.
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
	// sayStepFailed is for kinds that have no sentence of their own.
	sayStepFailed
	// sayLooked and saySearched tell what was looked at or searched for, where no failed step tells it.
	sayLooked
	saySearched
	// sayCalledMenu tells what the caller chose in the phone menu. It replaces what a model thinks.
	sayCalledMenu
	// sayProbably names the likeliest reason, with its probability.
	sayProbably
	// sayUnclear is for a contact of which no reason is likely enough.
	sayUnclear
	// sayAlso and sayAlsoNumber name the services that further red flags demand.
	sayAlso
	sayAlsoNumber
	// sayWithdrawn tells that a decision outside a contact no longer holds.
	sayWithdrawn
	// The next three tell what is open and about the likeliest reason.
	sayRefillRequested
	sayResultsPending
	sayReferralPending
	// sayFrustrated tells that the patient has had a hard time.
	sayFrustrated
	// sayAuthenticated tells that nobody has to ask who calls.
	sayAuthenticated
	// Of the next three one is said at most, the strictest.
	sayDoNotContact
	sayOptedOut
	sayPrefers
	// sayNew is put around what the decision before for the same contact did not know.
	sayNew
	// messages is their number, and stands for none.
	messages
)

const (
	// What a step is about may be said; which page it was never is.
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
	sayActsForOthers:       {"acts_for_others", 0},
	sayVerify:              {"verify", 0},
	sayAppointment:         {"appointment", slotAhead},
	sayLagging:             {"lagging", slotWhere},
	sayLaggingAll:          {"lagging_all", 0},
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
