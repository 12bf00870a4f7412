package slacksim

import "net/http"

func (s *Server) control() http.Handler { return http.NotFoundHandler() }

func (s *Server) local(next http.Handler) http.Handler { return next }
