package features

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"time"
)

var (
	unmarshalerType = reflect.TypeFor[encoding.TextUnmarshaler]()
	durationType    = reflect.TypeFor[time.Duration]()
)

// takesText reports whether fromText makes values of type t: what unmarshals
// itself from text, text, []byte, bool, integers, floats, time.Duration, types
// of one's own that are one of these, and pointers to them.
func takesText(t reflect.Type) bool {
	switch k := t.Kind(); {
	case reflect.PointerTo(t).Implements(unmarshalerType), t == reflect.TypeFor[[]byte]():
		return true
	case k == reflect.Pointer:
		return t.Elem().Kind() != reflect.Pointer && takesText(t.Elem())
	default:
		return k == reflect.String || k == reflect.Bool || k >= reflect.Int && k <= reflect.Uint64 ||
			k == reflect.Float32 || k == reflect.Float64
	}
}

// fromText makes a value of type t. A pointer is nil where there is no text.
func fromText(text string, t reflect.Type) (reflect.Value, error) {
	v := reflect.New(t).Elem()
	switch k := t.Kind(); {
	case v.Addr().Type().Implements(unmarshalerType):
		if err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(text)); err != nil {
			return v, fmt.Errorf("%q is not %s: %w", text, article(t), err)
		}
		return v, nil
	case k == reflect.Pointer:
		if text == "" {
			return v, nil
		}
		elem, err := fromText(text, t.Elem())
		if err == nil {
			v.Set(reflect.New(t.Elem()))
			v.Elem().Set(elem)
		}
		return v, err
	case t == reflect.TypeFor[[]byte]():
		v.SetBytes([]byte(text))
		return v, nil
	}
	if err := scalar(text, v); err != nil {
		if errors.Is(err, strconv.ErrRange) {
			return v, fmt.Errorf("%q is out of range for %s", text, article(t))
		}
		return v, fmt.Errorf("%q is not %s", text, article(t))
	}
	return v, nil
}

// scalar sets v, whose kind decides how the text is read.
func scalar(text string, v reflect.Value) error {
	switch k := v.Kind(); {
	case v.Type() == durationType:
		d, err := time.ParseDuration(text)
		v.SetInt(int64(d))
		return err
	case k == reflect.String:
		v.SetString(text)
		return nil
	case k == reflect.Bool:
		b, err := strconv.ParseBool(text)
		v.SetBool(b)
		return err
	case v.CanInt():
		n, err := strconv.ParseInt(text, 10, v.Type().Bits())
		v.SetInt(n)
		return err
	case v.CanUint():
		n, err := strconv.ParseUint(text, 10, v.Type().Bits())
		v.SetUint(n)
		return err
	case v.CanFloat():
		f, err := strconv.ParseFloat(text, v.Type().Bits())
		v.SetFloat(f)
		return err
	default:
		return errors.ErrUnsupported
	}
}

// article is a type's name with "a" or "an" before it, and an example where the
// name says too little.
func article(t reflect.Type) string {
	name := t.String()
	switch t {
	case durationType:
		name += " such as 1m30s"
	case reflect.TypeFor[time.Time]():
		name += " such as 2006-01-02T15:04:05Z"
	case reflect.TypeFor[bool]():
		name += " (true or false)"
	}
	if name[0] == 'i' {
		return "an " + name
	}
	return "a " + name
}
