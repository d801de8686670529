package pactgo

// Refused says why what was added so far cannot be run, as ExecuteTest does.
func (p *HTTPMockProvider) Refused() error {
	all := p.waiting
	p.waiting = nil
	_, err := finished(all)
	return err
}
