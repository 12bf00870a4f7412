// Package bot wires the house: what starts, in which order, and how it stops. Its
// front turns what people do in Slack into commands of the desk and answers at
// once; its deliverers turn the effects that the desk owes into calls to Slack.
package bot
