# The artifact is the greeting, and the commit that it was made from.
set -e
mkdir -p dist
cp greeting.txt dist/greeting
git rev-parse HEAD >dist/commit
