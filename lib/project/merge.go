package project

// MergePatch returns target changed by an RFC 7386 merge patch: objects are merged key by
// key, null removes a key, anything else replaces. Neither argument is changed.
func MergePatch(target, patch any) any {
	changes, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	merged := map[string]any{}
	if base, ok := target.(map[string]any); ok {
		for key, value := range base {
			merged[key] = value
		}
	}
	for key, change := range changes {
		if change == nil {
			delete(merged, key)
			continue
		}
		merged[key] = MergePatch(merged[key], change)
	}
	return merged
}
