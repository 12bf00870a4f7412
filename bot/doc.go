// Package bot wires the house: what starts, in which order, and how it stops. Its
// fronts turn what people do in Slack into commands of the desk and answer at once;
// its deliveries turn the effects that the desk owes into calls to Slack; its vigil
// watches whether Slack works. Each part has the fields that it needs, and wire.go says
// what knows what.
package bot
