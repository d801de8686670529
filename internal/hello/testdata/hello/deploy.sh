# What is deployed on a place is the artifact, as it is.
set -e
cp dist/greeting "place/$STAGEGATE_TARGET.greeting"
cp dist/commit "place/$STAGEGATE_TARGET.commit"
