package journeys

import "github.com/attune-health/attune/schemas"

// A pattern is one digital attempt: what a patient does there when it fails,
// and when it works. Weights say how the attempts of patients with each need
// divide among the patterns; every pattern serves several needs.
type pattern struct {
	name    string
	channel schemas.Channel
	weights [needs]int
	failed  []step
	worked  []step
}

// A step is one event at one place; results are those of a search.
type step struct {
	event   uint8
	place   uint8
	results int16
}

func web(e schemas.WebEvent, at uint8) step { return step{uint8(e), at, -1} }
func app(e schemas.AppEvent, at uint8) step { return step{uint8(e), at, -1} }

// found is a search with n results.
func (s step) found(n int16) step {
	s.results = n
	return s
}

// noPattern is the index that means no attempt.
const noPattern = 0

// patterns lists all digital attempts; the first is none. Columns of the
// weights: R01 scheduling, R02 change, R03 medication, R04 results, R05 symptom,
// R06 message, R07 billing, R08 coverage, R09 portal, R10 records, R11 facility,
// R12 complaint, R13 social need.
func patterns() []pattern {
	all := append([]pattern{{name: "none"}}, accessPatterns()...)
	all = append(all, carePatterns()...)
	all = append(all, servicePatterns()...)
	return append(all, generalPatterns()...)
}

// accessPatterns are attempts to find or change an appointment.
func accessPatterns() []pattern {
	const w, a = schemas.ChannelWeb, schemas.ChannelApp
	view, exit := schemas.WebEventPageView, web(schemas.WebEventExit, home)
	return []pattern{
		{"slot-search", w, [needs]int{38, 8, 1, 1, 8, 3, 1, 6, 2, 1, 5, 3, 4},
			[]step{web(view, home), web(schemas.WebEventSearch, doctorSearch).found(6), web(view, doctorSlots), web(schemas.WebEventQuickBack, doctorSearch), web(view, doctorSlots), exit},
			[]step{web(view, home), web(schemas.WebEventSearch, doctorSearch).found(9), web(view, doctorSlots), web(schemas.WebEventBookingMade, doctorSlots), exit}},
		{"doctor-not-found", w, [needs]int{26, 2, 1, 1, 5, 3, 1, 10, 1, 2, 9, 3, 4},
			[]step{web(schemas.WebEventSearch, doctorSearch).found(0), web(schemas.WebEventSearch, doctorSearch).found(0), web(view, help), exit},
			[]step{web(schemas.WebEventSearch, doctorSearch).found(3), web(view, doctorSlots), web(schemas.WebEventBookingMade, doctorSlots), exit}},
		{"reschedule-form", w, [needs]int{8, 32, 1, 1, 2, 4, 1, 2, 2, 1, 5, 4, 8},
			[]step{web(view, appointments), web(schemas.WebEventFormStart, appointmentChange), web(schemas.WebEventFormError, appointmentChange), web(schemas.WebEventFormAbandon, appointmentChange), exit},
			[]step{web(view, appointments), web(schemas.WebEventFormStart, appointmentChange), web(schemas.WebEventFormSubmit, appointmentChange), exit}},
		{"reminder", a, [needs]int{5, 26, 1, 2, 2, 1, 1, 1, 1, 1, 10, 2, 8},
			[]step{app(schemas.AppEventPushOpened, notification), app(schemas.AppEventScreenView, appointments), app(schemas.AppEventScreenView, appointmentChange), app(schemas.AppEventFormAbandon, appointmentChange)},
			[]step{app(schemas.AppEventPushOpened, notification), app(schemas.AppEventScreenView, appointments)}},
		{"app-booking", a, [needs]int{24, 4, 1, 1, 6, 2, 0, 4, 2, 0, 3, 2, 2},
			[]step{app(schemas.AppEventSearch, doctorSearch).found(0), app(schemas.AppEventSearch, doctorSearch).found(2), app(schemas.AppEventScreenView, doctorSlots), app(schemas.AppEventRageClick, doctorSlots)},
			[]step{app(schemas.AppEventSearch, doctorSearch).found(4), app(schemas.AppEventScreenView, doctorSlots), app(schemas.AppEventBookingMade, doctorSlots)}},
		{"directions", w, [needs]int{3, 14, 0, 0, 1, 0, 0, 0, 0, 2, 30, 1, 10},
			[]step{web(view, locations), web(view, appointmentDirections), web(schemas.WebEventDeadClick, appointmentDirections), exit},
			[]step{web(view, locations), web(view, appointmentDirections), exit}},
		{"locations", w, [needs]int{2, 5, 1, 1, 1, 1, 1, 1, 1, 4, 32, 3, 6},
			[]step{web(view, home), web(view, locations), web(view, hours), web(schemas.WebEventQuickBack, locations), exit},
			[]step{web(view, home), web(view, locations), web(view, hours), exit}},
	}
}

// carePatterns are attempts around medication, results, symptoms and messages.
func carePatterns() []pattern {
	const w, a = schemas.ChannelWeb, schemas.ChannelApp
	view, screen := schemas.WebEventPageView, schemas.AppEventScreenView
	exit := web(schemas.WebEventExit, home)
	return []pattern{
		{"refill-form", w, [needs]int{1, 1, 32, 1, 3, 6, 4, 7, 4, 1, 1, 3, 2},
			[]step{web(view, medications), web(schemas.WebEventFormStart, refillForm), web(schemas.WebEventFormError, refillForm), web(schemas.WebEventFormError, refillForm), web(schemas.WebEventFormAbandon, refillForm), exit},
			[]step{web(view, medications), web(schemas.WebEventFormStart, refillForm), web(schemas.WebEventFormSubmit, refillForm), exit}},
		{"medication-list", a, [needs]int{1, 1, 26, 4, 9, 6, 3, 3, 2, 2, 0, 2, 2},
			[]step{app(screen, medications), app(screen, refillForm), app(schemas.AppEventFormStart, refillForm), app(schemas.AppEventFormError, refillForm), app(schemas.AppEventRageClick, refillForm)},
			[]step{app(screen, medications), app(schemas.AppEventFormStart, refillForm), app(schemas.AppEventFormSubmit, refillForm)}},
		{"pharmacy-change", a, [needs]int{0, 1, 12, 0, 2, 2, 2, 6, 2, 1, 2, 2, 2},
			[]step{app(screen, medications), app(schemas.AppEventFormStart, pharmacyChange), app(schemas.AppEventFormAbandon, pharmacyChange)},
			[]step{app(screen, medications), app(schemas.AppEventFormStart, pharmacyChange), app(schemas.AppEventFormSubmit, pharmacyChange)}},
		{"results-again", a, [needs]int{1, 1, 1, 36, 10, 9, 1, 1, 2, 6, 0, 2, 1},
			[]step{app(schemas.AppEventPushOpened, notification), app(screen, results), app(screen, resultDetail), app(screen, results), app(screen, resultDetail)},
			[]step{app(schemas.AppEventPushOpened, notification), app(screen, results), app(screen, resultDetail)}},
		{"results-missing", w, [needs]int{1, 1, 1, 24, 4, 8, 1, 1, 5, 10, 0, 2, 1},
			[]step{web(view, results), web(schemas.WebEventQuickBack, results), web(view, results), web(view, help), exit},
			[]step{web(view, results), web(view, resultDetail), exit}},
		{"symptom-search", w, [needs]int{6, 2, 8, 6, 36, 7, 1, 1, 1, 1, 2, 2, 2},
			[]step{web(schemas.WebEventSearch, symptomChecker).found(14), web(schemas.WebEventArticleView, symptomArticle), web(schemas.WebEventArticleView, symptomArticle), web(view, help), exit},
			[]step{web(schemas.WebEventSearch, symptomChecker).found(14), web(schemas.WebEventArticleView, symptomArticle), exit}},
		{"message-unanswered", a, [needs]int{4, 4, 9, 11, 10, 36, 4, 5, 2, 5, 1, 5, 3},
			[]step{app(schemas.AppEventMessageSent, compose), app(screen, inbox), app(screen, inbox), app(screen, inbox)},
			[]step{app(schemas.AppEventMessageSent, compose), app(schemas.AppEventMessageAnswered, inbox), app(schemas.AppEventMessageRead, inbox)}},
		{"letter-form", w, [needs]int{1, 1, 1, 1, 1, 12, 1, 4, 1, 16, 1, 3, 3},
			[]step{web(view, letters), web(schemas.WebEventFormStart, letters), web(schemas.WebEventFormAbandon, letters), exit},
			[]step{web(view, letters), web(schemas.WebEventFormStart, letters), web(schemas.WebEventFormSubmit, letters), web(schemas.WebEventMessageSent, compose), exit}},
		{"video-failed", a, [needs]int{2, 5, 1, 1, 8, 1, 0, 0, 12, 0, 1, 4, 2},
			[]step{app(screen, video), app(schemas.AppEventVideoWaiting, video), app(schemas.AppEventVideoFailed, video), app(schemas.AppEventVideoFailed, video)},
			[]step{app(screen, video), app(schemas.AppEventVideoWaiting, video), app(schemas.AppEventVideoJoined, video), app(schemas.AppEventVideoEnded, video)}},
	}
}

// servicePatterns are attempts around bills, coverage, records and access.
func servicePatterns() []pattern {
	const w, a = schemas.ChannelWeb, schemas.ChannelApp
	view, exit := schemas.WebEventPageView, web(schemas.WebEventExit, home)
	return []pattern{
		{"statement", w, [needs]int{1, 1, 2, 1, 1, 1, 32, 9, 1, 1, 0, 7, 8},
			[]step{web(view, statement), web(view, paymentPlan), web(view, statement), web(schemas.WebEventRageClick, statement), exit},
			[]step{web(view, statement), web(schemas.WebEventPaymentMade, pay), exit}},
		{"payment-failed", w, [needs]int{1, 1, 2, 0, 0, 1, 26, 4, 5, 0, 0, 6, 4},
			[]step{web(view, statement), web(schemas.WebEventPaymentFailed, pay), web(schemas.WebEventPaymentFailed, pay), exit},
			[]step{web(view, statement), web(schemas.WebEventPaymentMade, pay), exit}},
		{"app-payment", a, [needs]int{1, 1, 1, 0, 0, 1, 16, 3, 4, 0, 0, 5, 4},
			[]step{app(schemas.AppEventScreenView, statement), app(schemas.AppEventPaymentFailed, pay), app(schemas.AppEventPaymentFailed, pay)},
			[]step{app(schemas.AppEventScreenView, statement), app(schemas.AppEventScreenView, pay)}},
		{"coverage-upload", w, [needs]int{3, 1, 4, 0, 1, 1, 10, 30, 4, 1, 0, 3, 4},
			[]step{web(schemas.WebEventFormStart, coverageUpload), web(schemas.WebEventFormError, coverageUpload), web(schemas.WebEventFormError, coverageUpload), web(schemas.WebEventRageClick, coverageUpload), exit},
			[]step{web(schemas.WebEventFormStart, coverageUpload), web(schemas.WebEventFormSubmit, coverageUpload), exit}},
		{"referral-status", a, [needs]int{11, 3, 2, 3, 2, 6, 2, 26, 1, 2, 1, 3, 1},
			[]step{app(schemas.AppEventScreenView, referralStatus), app(schemas.AppEventScreenView, referralStatus), app(schemas.AppEventScreenView, help)},
			[]step{app(schemas.AppEventScreenView, referralStatus)}},
		{"login-failed", w, [needs]int{6, 7, 8, 9, 5, 8, 8, 8, 42, 8, 2, 5, 3},
			[]step{web(view, home), web(schemas.WebEventLoginFailed, login), web(schemas.WebEventLoginFailed, login), web(schemas.WebEventLoginFailed, login), web(view, loginReset), exit},
			[]step{web(view, home), web(schemas.WebEventLoginFailed, login), web(schemas.WebEventLogin, login), exit}},
		{"reset-loop", a, [needs]int{3, 3, 4, 5, 2, 4, 3, 3, 28, 3, 0, 4, 2},
			[]step{app(schemas.AppEventLoginFailed, login), app(schemas.AppEventScreenView, loginReset), app(schemas.AppEventFormError, loginCode), app(schemas.AppEventLoginFailed, login)},
			[]step{app(schemas.AppEventLoginFailed, login), app(schemas.AppEventScreenView, loginReset), app(schemas.AppEventLogin, login)}},
		{"records-request", w, [needs]int{1, 1, 1, 3, 1, 5, 2, 4, 1, 42, 2, 3, 1},
			[]step{web(view, recordsRequest), web(schemas.WebEventFormStart, recordsRequest), web(schemas.WebEventFormAbandon, recordsRequest), exit},
			[]step{web(view, recordsRequest), web(schemas.WebEventFormStart, recordsRequest), web(schemas.WebEventFormSubmit, recordsRequest), exit}},
		{"feedback", w, [needs]int{1, 2, 1, 1, 1, 3, 5, 2, 2, 1, 2, 46, 3},
			[]step{web(view, feedback), web(schemas.WebEventFormStart, feedback), web(schemas.WebEventFormAbandon, feedback), exit},
			[]step{web(view, feedback), web(schemas.WebEventFormStart, feedback), web(schemas.WebEventFormSubmit, feedback), exit}},
		{"community", w, [needs]int{1, 2, 1, 0, 1, 1, 6, 3, 0, 0, 3, 3, 50},
			[]step{web(schemas.WebEventSearch, resources).found(0), web(view, resources), web(schemas.WebEventQuickBack, resources), exit},
			[]step{web(schemas.WebEventSearch, resources).found(5), web(view, resources), exit}},
	}
}

// generalPatterns say little of the need behind them.
func generalPatterns() []pattern {
	const w, a = schemas.ChannelWeb, schemas.ChannelApp
	view, exit := schemas.WebEventPageView, web(schemas.WebEventExit, home)
	return []pattern{
		{"search-nothing", w, [needs]int{7, 5, 6, 5, 8, 5, 6, 8, 4, 8, 7, 8, 9},
			[]step{web(view, home), web(schemas.WebEventSearch, search).found(0), web(schemas.WebEventSearch, search).found(0), web(view, help), exit},
			[]step{web(view, home), web(schemas.WebEventSearch, search).found(12), web(schemas.WebEventArticleView, search), exit}},
		{"contact-page", w, [needs]int{8, 9, 6, 5, 7, 7, 7, 7, 6, 8, 9, 10, 8},
			[]step{web(view, home), web(view, help), web(schemas.WebEventDeadClick, help), exit},
			[]step{web(view, home), web(view, help), exit}},
		{"chatbot", a, [needs]int{8, 9, 8, 6, 8, 5, 7, 7, 6, 6, 6, 6, 6},
			[]step{app(schemas.AppEventChatbotTurn, chat), app(schemas.AppEventChatbotTurn, chat), app(schemas.AppEventChatbotFailed, chat), app(schemas.AppEventChatbotHandoffRefused, chat)},
			[]step{app(schemas.AppEventChatbotTurn, chat), app(schemas.AppEventChatbotTurn, chat), app(schemas.AppEventChatbotResolved, chat)}},
	}
}
