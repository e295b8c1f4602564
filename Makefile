# Builds, tests, installs and packs klockscan: make, make test, make install, make uninstall,
# make release, make clean. Go alone does as well: go install ./cmd/klockscan.

PREFIX  ?= /usr/local
DESTDIR ?=
GO      ?= go
BUILD   ?= build

BINDIR  ?= $(PREFIX)/bin
MANDIR  ?= $(PREFIX)/share/man
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR  ?= $(PREFIX)/share/zsh/site-functions
FISHDIR ?= $(PREFIX)/share/fish/vendor_completions.d

# All that goes into the binary, and some more: a build too many does no harm.
SOURCES := $(shell find . \( -name '.?*' -o -path ./build -o -path ./dist -o -path ./docs -o -path ./fixtures \) -prune -o -type f -print)

.PHONY: build test install uninstall release clean

build: $(BUILD)/done

# Pages and completions are the program's own, so they fit it. The mark is for make install, which
# as root is not to build anything again.
$(BUILD)/done: $(SOURCES)
	rm -rf "$(BUILD)"
	mkdir -p "$(BUILD)/completions"
	$(GO) build -o "$(BUILD)/klockscan" ./cmd/klockscan
	"$(BUILD)/klockscan" man "$(BUILD)/man1" >/dev/null
	"$(BUILD)/klockscan" completion bash >"$(BUILD)/completions/klockscan"
	"$(BUILD)/klockscan" completion zsh >"$(BUILD)/completions/_klockscan"
	"$(BUILD)/klockscan" completion fish >"$(BUILD)/completions/klockscan.fish"
	touch "$@"

test:
	$(GO) test ./...

install: $(BUILD)/done
	install -d "$(DESTDIR)$(BINDIR)" "$(DESTDIR)$(MANDIR)/man1" "$(DESTDIR)$(BASHDIR)" "$(DESTDIR)$(ZSHDIR)" "$(DESTDIR)$(FISHDIR)"
	install -m 755 "$(BUILD)"/klockscan "$(DESTDIR)$(BINDIR)/klockscan"
	install -m 644 "$(BUILD)"/man1/*.1 "$(DESTDIR)$(MANDIR)/man1"
	install -m 644 "$(BUILD)"/completions/klockscan "$(DESTDIR)$(BASHDIR)/klockscan"
	install -m 644 "$(BUILD)"/completions/_klockscan "$(DESTDIR)$(ZSHDIR)/_klockscan"
	install -m 644 "$(BUILD)"/completions/klockscan.fish "$(DESTDIR)$(FISHDIR)/klockscan.fish"

# What install wrote; directories stay, because others may use them.
uninstall:
	rm -f "$(DESTDIR)$(BINDIR)/klockscan" "$(DESTDIR)$(BASHDIR)/klockscan" "$(DESTDIR)$(ZSHDIR)/_klockscan"
	rm -f "$(DESTDIR)$(FISHDIR)/klockscan.fish" "$(DESTDIR)$(MANDIR)/man1/klockscan.1" "$(DESTDIR)$(MANDIR)"/man1/klockscan-*.1

release:
	./release.sh dist

clean:
	rm -rf "$(BUILD)" dist
