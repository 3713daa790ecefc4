package journeys

// place is an entry of the site's content map: a page or screen, and the
// contact reason that the map gives it, if any. The need behind a visit is
// often another one.
type place struct {
	name   string
	reason need
}

const (
	home = iota
	search
	help
	login
	loginReset
	loginCode
	doctorSearch
	doctorSlots
	appointments
	appointmentChange
	appointmentDirections
	refillForm
	medications
	pharmacyChange
	results
	resultDetail
	symptomChecker
	symptomArticle
	symptomUrgent
	symptomChestPain
	symptomStroke
	symptomSuicide
	symptomPoison
	inbox
	compose
	letters
	statement
	pay
	paymentPlan
	coverageUpload
	referralStatus
	recordsRequest
	locations
	hours
	feedback
	resources
	chat
	video
	notification
	places
)

var contentMap = [places]place{
	home:                  {"home", noNeed},
	search:                {"search", noNeed},
	help:                  {"help/contact", noNeed},
	login:                 {"login", 8},
	loginReset:            {"login/reset", 8},
	loginCode:             {"login/code", 8},
	doctorSearch:          {"doctors/search", 0},
	doctorSlots:           {"doctors/slots", 0},
	appointments:          {"appointments/list", 1},
	appointmentChange:     {"appointments/change", 1},
	appointmentDirections: {"appointments/directions", 1},
	refillForm:            {"refill/form", 2},
	medications:           {"medications/list", 2},
	pharmacyChange:        {"pharmacy/change", 2},
	results:               {"results/list", 3},
	resultDetail:          {"results/detail", 3},
	symptomChecker:        {"symptoms/checker", 4},
	symptomArticle:        {"symptoms/article", 4},
	symptomUrgent:         {"symptoms/urgent", 4},
	symptomChestPain:      {"symptoms/chest-pain", 4},
	symptomStroke:         {"symptoms/stroke", 4},
	symptomSuicide:        {"symptoms/suicide", 4},
	symptomPoison:         {"symptoms/poison", 4},
	inbox:                 {"messages/inbox", 5},
	compose:               {"messages/compose", 5},
	letters:               {"forms/letters", 5},
	statement:             {"billing/statement", 6},
	pay:                   {"billing/pay", 6},
	paymentPlan:           {"billing/plan", 6},
	coverageUpload:        {"coverage/upload", 7},
	referralStatus:        {"referrals/status", 7},
	recordsRequest:        {"records/request", 9},
	locations:             {"locations", 10},
	hours:                 {"locations/hours", 10},
	feedback:              {"feedback", 11},
	resources:             {"community/resources", 12},
	chat:                  {"chat", noNeed},
	video:                 {"video/visit", noNeed},
	notification:          {"notification", noNeed},
}
